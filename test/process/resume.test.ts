import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { events, type Finished, type RunOptions, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';
import { figuresOf, quickFolder, shaOf } from './run-files';

let place = '';
let data = '';
beforeAll(() => {
  place = mkdtempSync(join(quickFolder(), 'torchwing-resume-'));
  data = drawPhotos({ train: 6, val: 4 });
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

const SMALL = ['--weights', 'none', '--image-size', '32', '--lr', '0.01', '--mode', 'extractor', '--json'];

function train(output: string, more: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return torchwing(['train', '--data', data, '--output', output, ...SMALL, ...more], options);
}

/** What a user types to go on: nothing but the folder. */
function goOn(output: string, more: readonly string[] = []): Promise<Finished> {
  return torchwing(['train', '--resume', 'auto', '--output', output, '--json', ...more]);
}

function checkpoints(output: string): string[] {
  return readdirSync(output).filter((name) => name.startsWith('checkpoint-'));
}

function resumedAt(stdout: string): unknown {
  return events(stdout)[0]?.['resumed'];
}

/** A finished run of three epochs with its last two checkpoints, and what it came to. */
async function finished(name: string) {
  const output = join(place, name);
  const run = await train(output, ['--epochs', '3', '--checkpoint-every-epochs', '1']);
  expect(run.code).toBe(0);
  expect(checkpoints(output)).toEqual([
    'checkpoint-0002-train-000000.pth',
    'checkpoint-0003-train-000000.pth',
  ]);
  return { output, last: await shaOf(join(output, 'last.pth')), figures: figuresOf(output) };
}

describe('a damaged newest checkpoint', () => {
  test.each([
    ['cut off', (path: string) => truncateSync(path, 1_000_000)],
    ['with more behind it', (path: string) => appendFileSync(path, 'x')],
    [
      'with one other byte',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[50_000_000] = (bytes[50_000_000] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      },
    ],
  ])('%s gives way to the one before, with a warning and the same end', async (name, damage) => {
    const { output, last, figures } = await finished(name.replaceAll(' ', '-'));
    damage(join(output, 'checkpoint-0003-train-000000.pth'));
    const { code, stdout } = await goOn(output);
    expect(code).toBe(0);
    expect(resumedAt(stdout)).toMatchObject({ epoch: 2, phase: 'train', step: 0 });
    expect(events(stdout).filter(({ type }) => type === 'warning')).toEqual([
      expect.objectContaining({ code: 'CHECKPOINT_DAMAGED' }),
    ]);
    expect(await shaOf(join(output, 'last.pth'))).toBe(last);
    expect(figuresOf(output)).toEqual(figures);
  });
});

test('a checkpoint named by its file goes on with the settings beside it, in its folder or in a new one', async () => {
  const { output, last, figures } = await finished('named');
  const file = join(output, 'checkpoint-0002-train-000000.pth');
  const elsewhere = join(place, 'named-elsewhere');
  const moved = await torchwing(['train', '--resume', file, '--output', elsewhere, '--json']);
  expect(moved.code).toBe(0);
  expect(resumedAt(moved.stdout)).toMatchObject({ from: file, epoch: 2, phase: 'train', step: 0 });
  expect(await shaOf(join(elsewhere, 'last.pth'))).toBe(last);
  expect(figuresOf(elsewhere)).toEqual(figures.slice(-3));
  expect(checkpoints(output)).toHaveLength(2);

  const inPlace = await torchwing(['train', '--resume', file, '--json']);
  expect(inPlace.code).toBe(0);
  expect(await shaOf(join(output, 'last.pth'))).toBe(last);
  expect(figuresOf(output)).toEqual(figures);
  // Only it was needed for the whole figures to come again; the one behind it is written anew.
  expect(checkpoints(output)).toEqual([
    'checkpoint-0002-train-000000.pth',
    'checkpoint-0003-train-000000.pth',
  ]);
});

test('--resume auto needs the folder', async () => {
  const { code, stderr } = await torchwing(['train', '--data', data, '--resume', 'auto', ...SMALL]);
  expect(code).toBe(2);
  expect(stderr).toContain('expected --output DIR beside --resume auto');
});

test('another configuration or other data is refused by name, unless it is told otherwise', async () => {
  const { output, last } = await finished('changed');
  const other = await goOn(output, ['--seed', '3', '--batch-size', '2']);
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('[RESUME_MISMATCH]');
  expect(other.stderr).toContain('data.batchSize: 4 before, 2 now');
  expect(other.stderr).toContain('seed: 0 before, 3 now');
  expect(other.stderr).toContain('--resume-anyway');
  expect(await shaOf(join(output, 'last.pth'))).toBe(last);

  const photo = join(data, 'train', 'ants', '000.png');
  const swapped = join(data, 'train', 'bees', '000.png');
  const swap = () => {
    renameSync(photo, `${photo}.aside`);
    renameSync(swapped, photo);
    renameSync(`${photo}.aside`, swapped);
  };
  swap();
  try {
    const { code, stderr } = await goOn(output);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /: data: 2 images changed \("train\/ants\/000\.png", .+; "train\/bees\/000\.png", .+\)\./,
    );
  } finally {
    swap();
  }
  const longer = await goOn(output, ['--epochs', '4', '--resume-anyway']);
  expect(longer.code).toBe(0);
  expect(resumedAt(longer.stdout)).toMatchObject({ epoch: 3, phase: 'train', step: 0 });
  expect(figuresOf(output)).toHaveLength(12);
});

describe('a run that is stopped from outside', () => {
  let whole: Awaited<ReturnType<typeof finished>>;
  beforeAll(async () => {
    whole = await finished('whole');
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s writes a checkpoint, says how to go on, and goes on', async (signal, exit) => {
    const output = join(place, signal);
    let sent = false;
    const { code, stderr } = await train(output, ['--epochs', '3', '--workers', '2'], {
      onOutput: (child, stdout) => {
        if (!sent && stdout.includes('"epoch":1')) sent = child.kill(signal);
      },
    });
    expect(code).toBe(exit);
    expect(checkpoints(output)).toHaveLength(1);
    expect(stderr).toContain(`main.js train --resume auto --output ${output}`);
    const { code: done } = await goOn(output, ['--workers', '1']);
    expect(done).toBe(0);
    expect(await shaOf(join(output, 'last.pth'))).toBe(whole.last);
    expect(figuresOf(output).map(({ runId: _, ...rest }) => rest)).toEqual(
      whole.figures.map(({ runId: _, ...rest }) => rest),
    );
  });

  test('by the time limit ends with exit code 0, and goes on to the end of a run that had no limit', async () => {
    const output = join(place, 'limit');
    const { code, stdout, stderr } = await train(output, ['--epochs', '100000', '--time-limit', '10s']);
    expect(code).toBe(0);
    expect(events(stdout).at(-1)).toMatchObject({ type: 'end', stopped: 'timeLimit' });
    expect(stderr).toContain('--resume auto');
    expect(checkpoints(output)).toHaveLength(1);
    // How many epochs that were is the machine's business.
    const reached = events(stdout).filter(({ type }) => type === 'epochEnd').length;
    const longer = ['--epochs', `${reached + 2}`];
    expect(await goOn(output, [...longer, '--resume-anyway'])).toMatchObject({ code: 0 });
    const unlimited = join(place, 'no-limit');
    expect(await train(unlimited, longer)).toMatchObject({ code: 0 });
    expect(await shaOf(join(output, 'last.pth'))).toBe(await shaOf(join(unlimited, 'last.pth')));
  });

  test('a second SIGINT ends it at once and leaves no file half-written', async () => {
    const output = join(place, 'twice');
    let sent = 0;
    const { code } = await train(output, ['--epochs', '100000'], {
      onOutput: (child, stdout) => {
        if (sent > 0 || !stdout.includes('"epochEnd"')) return;
        sent = 2;
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), 20);
      },
    });
    expect(code).toBe(130);
    expect(readdirSync(output).filter((name) => name.includes('tmp'))).toEqual([]);
    for (const name of checkpoints(output))
      await expect(shaOf(join(output, name))).resolves.toMatch(/^[0-9a-f]{64}$/);
  });
});

test('SIGUSR2 writes a checkpoint and training goes on', async () => {
  const output = join(place, 'user-signal');
  let sent = 0;
  const { code, stdout } = await train(output, ['--epochs', '100000'], {
    onOutput: (child, text) => {
      if (sent === 0 && text.includes('"epochEnd"')) sent = child.kill('SIGUSR2') ? text.length : 0;
      const written = text.indexOf('"kind":"resume"', sent);
      if (sent > 0 && written >= 0 && text.includes('"epochEnd"', written)) child.kill('SIGINT');
    },
  });
  expect(code).toBe(130);
  expect(stdout).toContain('"kind":"resume"');
});
