import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateDict, weightsSha256 } from 'torchwing';
import { events, type Finished, type RunOptions, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';

let place = '';
let data = '';

function train(output: string, more: readonly string[] = [], options: RunOptions = {}): Promise<Finished> {
  const small = ['--weights', 'none', '--image-size', '32', '--epochs', '2'];
  return torchwing(['train', '--data', data, '--output', output, ...small, ...more], options);
}

async function shaOf(file: string): Promise<string> {
  const state = await StateDict.read(file);
  try {
    return await weightsSha256(state);
  } finally {
    state.dispose();
  }
}

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-train-'));
  data = drawPhotos({ train: 8, val: 5 });
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

test('into a pipe it prints the tutorial’s summary in plain lines and says what to type next', async () => {
  const output = join(place, 'plain');
  const { code, stdout, stderr } = await train(output);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.includes('\u001b') || stdout.includes('\r')).toBe(false);
  for (const epoch of [0, 1]) expect(stdout).toContain(`Epoch ${epoch}/1\n----------\n`);
  expect(stdout.match(/^train Loss: \d+\.\d{4} Acc: [01]\.\d{4} /gm)).toHaveLength(2);
  expect(stdout.match(/^val Loss: \d+\.\d{4} Acc: [01]\.\d{4} /gm)).toHaveLength(2);
  expect(stdout).toMatch(/^Training complete in \d+m \d+s$/m);
  expect(stdout).toMatch(/^Best val Acc: [01]\.\d{6} /m);
  expect(stdout).toContain(`main.js predict ${output}/best.pth PHOTO.jpg`);
  expect(readdirSync(output).sort()).toEqual(['best.pth', 'config.json', 'last.pth', 'metrics.jsonl']);
});

test('--json prints events only, and the same as metrics.jsonl', async () => {
  const output = join(place, 'json');
  const { code, stdout, stderr } = await train(output, ['--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const printed = events(stdout);
  expect(printed[0]).toMatchObject({ type: 'start', v: 1, classes: ['ants', 'bees'] });
  expect(printed.at(-1)).toMatchObject({ type: 'end', stopped: 'completed' });
  expect(printed.filter(({ type }) => type === 'epochEnd')).toHaveLength(2);
  const logged = events(readFileSync(join(output, 'metrics.jsonl'), 'utf8'));
  expect(printed.filter(({ type }) => type !== 'progress')).toEqual(logged);
});

test('--arch trains another ResNet, whose weights say so and predict; the wrong arch is refused in one line', async () => {
  const output = join(place, 'arch');
  const { code, stderr } = await train(output, ['--arch', 'resnet50', '--epochs', '1']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const best = join(output, 'best.pth');
  const state = await StateDict.read(best);
  expect(JSON.parse(state.record ?? '')).toMatchObject({ version: 1, arch: 'resnet50' });
  expect(state.entries).toHaveLength(320);
  state.dispose();
  const photo = join(data, 'val', 'ants', readdirSync(join(data, 'val', 'ants'))[0] ?? '');
  expect((await torchwing(['predict', best, photo])).code).toBe(0);
  const refused = await train(join(place, 'other-arch'), ['--arch', 'resnet101', '--weights', best]);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('"layer3.22.conv1.weight"');
  expect(refused.stderr).toContain('They are those of a resnet50: set model.arch to "resnet50"');
});

test('without --output the run goes to runs/<time>-<mode> below the working directory', async () => {
  const { code } = await torchwing(
    [
      'train',
      '--data',
      data,
      '--weights',
      'none',
      '--image-size',
      '32',
      '--epochs',
      '1',
      '--mode',
      'extractor',
    ],
    { cwd: place },
  );
  expect(code).toBe(0);
  expect(readdirSync(join(place, 'runs'))).toEqual([expect.stringMatching(/^\d{8}-\d{6}-extractor$/)]);
});

test('--config on a run’s config.json gives the same weights, and flags win over it', async () => {
  const first = join(place, 'first');
  await train(first, [
    '--batch-size',
    '3',
    '--seed',
    '7',
    '--lr',
    '0.01',
    '--val-split',
    '0.25',
    '--data',
    join(data, 'train'),
  ]);
  const again = join(place, 'again');
  const config = join(first, 'config.json');
  const repeated = await torchwing(['train', '--config', config, '--output', again]);
  expect(repeated).toMatchObject({ code: 0, stderr: '' });
  for (const file of ['best.pth', 'last.pth']) {
    expect(await shaOf(join(again, file))).toBe(await shaOf(join(first, file)));
  }
  const other = join(place, 'other');
  await torchwing(['train', '--config', config, '--output', other, '--seed', '8']);
  expect(await shaOf(join(other, 'last.pth'))).not.toBe(await shaOf(join(first, 'last.pth')));
});

test('mixed batches and smoothed labels are repeated by the run’s config.json, at another number of workers', async () => {
  const first = join(place, 'mixed');
  const mix = ['--mixup-alpha', '0.2', '--cutmix-alpha', '1', '--label-smoothing', '0.1', '--epochs', '1'];
  expect(await train(first, [...mix, '--workers', '1'])).toMatchObject({ code: 0 });
  const config = join(first, 'config.json');
  const shaWith = async (name: string, more: string[]) => {
    await torchwing(['train', '--config', config, '--output', join(place, name), ...more]);
    return shaOf(join(place, name, 'last.pth'));
  };
  const sha = await shaOf(join(first, 'last.pth'));
  expect(await shaWith('mixed again', ['--workers', '2'])).toBe(sha);
  expect(await shaWith('cut only', ['--mixup-alpha', '0'])).not.toBe(sha);
  expect(await shaWith('not smoothed', ['--label-smoothing', '0'])).not.toBe(sha);
});

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, exit) => {
  test('ends after the step, keeps the weights and says how to go on', async () => {
    const output = join(place, signal);
    let sent = false;
    const {
      code,
      stderr,
      signal: killedBy,
    } = await train(output, ['--epochs', '10000', '--json'], {
      onOutput: (child, stdout) => {
        if (sent || !stdout.includes('"epochEnd"')) return;
        sent = true;
        child.kill(signal);
      },
    });
    expect({ code, killedBy }).toEqual({ code: exit, killedBy: null });
    expect(stderr).toContain(`Interrupted by ${signal}.`);
    expect(stderr).toContain(`main.js train --config ${output}/config.json`);
    expect(existsSync(join(output, 'run.lock'))).toBe(false);
    await expect(shaOf(join(output, 'best.pth'))).resolves.toMatch(/^[0-9a-f]{64}$/);
    const going = await torchwing([
      'train',
      '--config',
      `${output}/config.json`,
      '--weights',
      `${output}/last.pth`,
      '--epochs',
      '1',
      '--output',
      `${output}-on`,
    ]);
    expect(going).toMatchObject({ code: 0, stderr: '' });
  });
});

test('a reader that goes away ends it quietly and cleanly', async () => {
  const output = join(place, 'pipe');
  const { code, signal, stderr } = await train(output, ['--epochs', '10000', '--json'], {
    onOutput: (child) => child.stdout?.destroy(),
  });
  expect({ code, signal, stderr }).toEqual({ code: 141, signal: null, stderr: '' });
  expect(existsSync(join(output, 'run.lock'))).toBe(false);
});

test('predictions by a copied best.pth agree with the run’s validation, in batches of 1 and of 32', async () => {
  const output = join(place, 'agree');
  const { stdout } = await train(output, ['--json', '--lr', '0.01', '--epochs', '3']);
  const { best } = events(stdout).at(-1) as unknown as { best: { accuracy: number } };
  const alone = join(mkdtempSync(join(place, 'copy-')), 'copied.pth');
  copyFileSync(join(output, 'best.pth'), alone);
  for (const batch of ['1', '32']) {
    let right = 0;
    for (const name of ['ants', 'bees']) {
      const predicted = await torchwing([
        'predict',
        alone,
        join(data, 'val', name),
        '--json',
        '--batch-size',
        batch,
      ]);
      expect(predicted).toMatchObject({ code: 0, stderr: '' });
      const rows = predicted.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(rows).toHaveLength(5);
      right += rows.filter(({ predictions }) => predictions[0].label === name).length;
    }
    expect(right / 10).toBe(best.accuracy);
  }
});
