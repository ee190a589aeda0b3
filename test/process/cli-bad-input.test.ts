import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, torchwing } from './cli-program';
import { storedZip } from './cli-stored-zip';
import { drawPhotos } from './draw-photos';

let place = '';
let data = '';
let trained = '';

/** The shortest real run. */
function train(more: readonly string[] = [], folder = data): Promise<Finished> {
  const output = mkdtempSync(join(place, 'run-'));
  const small = ['--weights', 'none', '--image-size', '32', '--epochs', '1'];
  return torchwing(['train', '--data', folder, '--output', output, ...small, ...more]);
}

/** A fresh data set that a test may spoil. */
function spoilable(): string {
  const folder = drawPhotos({ train: 4, val: 2 });
  const moved = join(place, `data-${readdirSync(place).length}`);
  renameSync(folder, moved);
  return moved;
}

function expectRefusal({ code, stdout, stderr }: Finished, exit: number, name: string, text: string): void {
  expect(stderr).toContain(`error [${name}]`);
  expect(stderr).toContain(text);
  expect(stderr).not.toMatch(/^ +at /m);
  expect({ code, stdout }).toEqual({ code: exit, stdout });
  const message = stderr.split('\n').find((line) => line.startsWith('error ['));
  expect(message).toMatch(/\S/);
}

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-bad-'));
  data = spoilable();
  trained = join(place, 'trained');
  const { code, stderr } = await train(['--output', trained]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('data', () => {
  test('a missing folder', async () => {
    expectRefusal(await train([], join(place, 'gone')), 3, 'DATASET_NOT_FOUND', join(place, 'gone'));
  });

  test('a folder without class folders', async () => {
    const folder = spoilable();
    for (const name of ['ants', 'bees']) rmSync(join(folder, 'train', name), { recursive: true });
    expectRefusal(await train([], folder), 3, 'DATASET_CLASSES', join(folder, 'train'));
  });

  test('an empty class', async () => {
    const folder = spoilable();
    rmSync(join(folder, 'train', 'bees'), { recursive: true });
    mkdirSync(join(folder, 'train', 'bees'));
    expectRefusal(await train([], folder), 3, 'DATASET_EMPTY', 'bees');
  });

  test('a single class', async () => {
    const folder = spoilable();
    for (const phase of ['train', 'val']) rmSync(join(folder, phase, 'bees'), { recursive: true });
    expectRefusal(await train([], folder), 3, 'DATASET_CLASSES', 'ants');
  });

  test('train and val with different classes', async () => {
    const folder = spoilable();
    renameSync(join(folder, 'val', 'bees'), join(folder, 'val', 'wasps'));
    expectRefusal(await train([], folder), 3, 'DATASET_CLASSES', 'wasps');
  });

  test('a truncated image stops the run by name before it trains, or is left out with a warning', async () => {
    const folder = spoilable();
    truncateSync(join(folder, 'train', 'ants', '001.png'), 60);
    const refused = await train([], folder);
    expectRefusal(refused, 3, 'IMAGE_DECODE', join(folder, 'train', 'ants', '001.png'));
    expect(refused.stdout).toBe('');
    const skipped = await train(['--on-bad-image', 'skip'], folder);
    expect(skipped).toMatchObject({ code: 0 });
    expect(skipped.stderr).toContain('warning [IMAGES_SKIPPED] 1 image cannot be used and will be left out');
    expect(skipped.stdout).toContain('7 training and 4 validation images');
  });

  test('without preflight a truncated image stops the run when its batch comes, or is skipped and counted', async () => {
    const folder = spoilable();
    truncateSync(join(folder, 'train', 'ants', '001.png'), 60);
    const late = await train(['--no-preflight'], folder);
    expectRefusal(late, 3, 'IMAGE_DECODE', join(folder, 'train', 'ants', '001.png'));
    expect(late.stdout).toContain('8 training and 4 validation images');
    const skipped = await train(['--no-preflight', '--on-bad-image', 'skip'], folder);
    expect(skipped).toMatchObject({ code: 0, stderr: '' });
    expect(skipped.stdout).toContain('1 image skipped');
  });

  test('a last training batch of one image, and the way around it', async () => {
    expectRefusal(await train(['--batch-size', '7']), 2, 'LAST_BATCH_OF_ONE', '7');
    expect(await train(['--batch-size', '7', '--drop-last'])).toMatchObject({ code: 0 });
  });
});

describe('weights', () => {
  function file(name: string, bytes: Buffer | string): string {
    const path = join(place, name);
    writeFileSync(path, bytes);
    return path;
  }

  test('a missing file', async () => {
    const path = join(place, 'gone.pth');
    expectRefusal(await train(['--weights', path]), 3, 'WEIGHTS_NOT_FOUND', path);
  });

  test('published weights that are nowhere, offline: the URL, the hash and the place', async () => {
    const { code, stderr } = await torchwing(['train', '--data', data, '--output', join(place, 'none')], {
      env: { TORCH_HOME: join(place, 'torch'), XDG_CACHE_HOME: join(place, 'cache'), TORCHWING_OFFLINE: '1' },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('error [WEIGHTS_NOT_FOUND]');
    expect(stderr).toContain('resnet18-f37072fd.pth');
    expect(stderr).toMatch(/SHA-256 f37072fd[0-9a-f]{56}/);
    expect(stderr).toContain(join(place, 'cache'));
  });

  test('a truncated file', async () => {
    const path = file('cut.pth', '');
    copyFileSync(join(trained, 'best.pth'), path);
    truncateSync(path, 1_000_000);
    expectRefusal(await train(['--weights', path]), 3, 'WEIGHTS_FORMAT', path);
    expectRefusal(await torchwing(['predict', path, data]), 3, 'DATASET_EMPTY', data);
    expectRefusal(await torchwing(['predict', path, join(data, 'val', 'ants')]), 3, 'WEIGHTS_FORMAT', path);
  });

  test('a Git-LFS pointer', async () => {
    const path = file('pointer.pth', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    expectRefusal(await train(['--weights', path]), 3, 'WEIGHTS_FORMAT', 'LFS');
  });

  test('a pickle with code in it, which is not run', async () => {
    const proof = join(place, 'was-run');
    const call = Buffer.concat([
      Buffer.from('\x80\x02cposix\nsystem\n', 'latin1'),
      Buffer.from([0x8c, `touch ${proof}`.length]),
      Buffer.from(`touch ${proof}`),
      Buffer.from('\x85R.', 'latin1'),
    ]);
    const zip = storedZip({ 'archive/data.pkl': call, 'archive/version': Buffer.from('3\n') });
    expectRefusal(await train(['--weights', file('code.pth', zip)]), 3, 'WEIGHTS_UNSAFE', 'posix');
    expect(existsSync(proof)).toBe(false);
  });

  test('a head for other classes', async () => {
    const folder = spoilable();
    for (const phase of ['train', 'val']) {
      mkdirSync(join(folder, phase, 'wasps'));
      for (const name of ['000.png', '001.png']) {
        copyFileSync(join(folder, phase, 'ants', name), join(folder, phase, 'wasps', name));
      }
    }
    const refused = await train(['--weights', join(trained, 'best.pth')], folder);
    expectRefusal(refused, 3, 'WEIGHTS_MISMATCH', 'fc.weight');
  });
});

describe('output, device and numbers', () => {
  test('a folder that holds a run is refused and left as it is, without --overwrite', async () => {
    const before = readFileSync(join(trained, 'best.pth'));
    expectRefusal(await train(['--output', trained]), 2, 'OUTPUT_EXISTS', trained);
    expect(readFileSync(join(trained, 'best.pth')).equals(before)).toBe(true);
    expect(await train(['--output', trained, '--overwrite'])).toMatchObject({ code: 0 });
  });

  test('a folder that cannot be written', async () => {
    const file = join(place, 'file');
    writeFileSync(file, '');
    expectRefusal(await train(['--output', join(file, 'run')]), 2, 'OUTPUT_WRITE', file);
  });

  test('a device that is not here, and one that is not anywhere', async () => {
    // Hidden devices make this hold on a machine with a GPU as well.
    const hidden = await torchwing(
      ['train', '--data', data, '--weights', 'none', '--output', join(place, 'cuda'), '--device', 'cuda'],
      { env: { CUDA_VISIBLE_DEVICES: '-1' } },
    );
    expectRefusal(hidden, 4, 'CUDA_UNAVAILABLE', 'cuda');
    expectRefusal(await train(['--device', 'tpu']), 2, 'INVALID_CONFIG', '"device"');
  });

  test('a loss that is not finite, with its step', async () => {
    expectRefusal(await train(['--lr', '3e38', '--batch-size', '2']), 1, 'LOSS_NOT_FINITE', 'step');
  });

  test('a configuration file that is missing, and one that is wrong', async () => {
    const gone = join(place, 'gone.json');
    expectRefusal(await torchwing(['train', '--config', gone]), 2, 'CONFIG_NOT_FOUND', gone);
    const wrong = join(place, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ data: { dir: data }, optimizer: { lr: -1 } }));
    const refused = await torchwing(['train', '--config', wrong]);
    expectRefusal(
      refused,
      2,
      'INVALID_CONFIG',
      'Invalid value for "optimizer.lr": received -1, expected a finite number > 0.',
    );
  });

  test('no data at all', async () => {
    expectRefusal(await torchwing(['train']), 2, 'USAGE', '--data DIR');
  });

  test('a LIBTORCH that is none', async () => {
    const empty = join(place, 'no-libtorch');
    mkdirSync(empty);
    const { code, stderr } = await torchwing(
      ['train', '--data', data, '--weights', 'none', '--output', join(place, 'none')],
      { env: { LIBTORCH: empty } },
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error \[LIBTORCH_/);
    expect(stderr).toContain(empty);
  });
});

describe('predict', () => {
  test('without images or weights', async () => {
    expectRefusal(await torchwing(['predict']), 2, 'USAGE', 'expected a weight file');
    expectRefusal(
      await torchwing(['predict', join(trained, 'best.pth')]),
      2,
      'USAGE',
      'expected a weight file',
    );
  });

  test('a broken image among good ones costs its own line only', async () => {
    const folder = join(spoilable(), 'val', 'ants');
    writeFileSync(join(folder, '000.png'), 'no image');
    const { code, stdout, stderr } = await torchwing(['predict', join(trained, 'best.pth'), folder]);
    expect(code).toBe(3);
    expect(stderr).toContain(join(folder, '000.png'));
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toContain(join(folder, '001.png'));
  });
});
