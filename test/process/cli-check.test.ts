import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataReport } from '../../lib/data/data-report';
import { findLibTorch } from '../../lib/native/libtorch';
import { encodePng, pngChunk } from '../png';
import { type Finished, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';

const place = mkdtempSync(join(tmpdir(), 'torchwing-check-'));
const data = drawPhotos({ train: 5, val: 3 });
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

const file = (...names: string[]) => join(data, ...names);

/** `torchwing check` with a cache folder of its own, where LibTorch would otherwise be looked for. */
function check(args: readonly string[], cache = mkdtempSync(join(place, 'cache-'))): Promise<Finished> {
  return torchwing(['check', ...args], {
    env: { XDG_CACHE_HOME: cache, LIBTORCH: findLibTorch().root },
  });
}

async function report(
  args: readonly string[],
  cache?: string,
): Promise<{ code: number | null; report: DataReport }> {
  const { code, stdout, stderr } = await check([...args, '--json'], cache);
  expect(stderr).toBe('');
  return { code, report: JSON.parse(stdout) as DataReport };
}

/** A PNG file with an EXIF orientation, behind its signature and IHDR. */
function withExif(png: Buffer, orientation: number): Buffer {
  const directory = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const exif = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, ...directory]);
  return Buffer.concat([png.subarray(0, 33), pngChunk('eXIf', exif), png.subarray(33)]);
}

test('a clean data set: nothing is wrong, exit code 0, and the second time nothing is read', async () => {
  const cache = mkdtempSync(join(place, 'cache-'));
  const first = await report([data], cache);
  expect(first.code).toBe(0);
  expect(first.report).toMatchObject({
    v: 1,
    classes: ['ants', 'bees'],
    unusable: [],
    duplicates: [],
    fromCache: 0,
  });
  expect(first.report.phases).toMatchObject([
    { phase: 'train', images: 10, used: 10, classes: { ants: 5, bees: 5 }, imbalance: 1 },
    { phase: 'val', images: 6, used: 6, classes: { ants: 3, bees: 3 }, imbalance: 1 },
  ]);
  const second = await report([data], cache);
  expect(second.report.fromCache).toBe(16);
  expect({ ...second.report, seconds: 0, fromCache: 0 }).toEqual({ ...first.report, seconds: 0 });
  const fresh = await report([data, '--no-cache'], cache);
  expect(fresh.report.fromCache).toBe(0);
  const text = await check([data], cache);
  expect(text).toMatchObject({ code: 0, stderr: '' });
  expect(text.stdout).toContain('Nothing is wrong with this data set.');
});

test('a cache that is cut off is as good as none', async () => {
  const cache = mkdtempSync(join(place, 'cache-'));
  await report([data], cache);
  const folder = join(cache, 'torchwing', 'checks');
  const [name = ''] = readdirSync(folder);
  truncateSync(join(folder, name), 100);
  const again = await report([data], cache);
  expect(again).toMatchObject({ code: 0, report: { fromCache: 0, unusable: [] } });
  expect(JSON.parse(readFileSync(join(folder, name), 'utf8')).entries).toHaveProperty([
    file('train', 'ants', '000.png'),
  ]);
});

describe('a spoilt data set', () => {
  const spoilt = drawPhotos({ train: 6, val: 3 });
  const at = (...names: string[]) => join(spoilt, ...names);
  afterAll(() => rmSync(spoilt, { recursive: true, force: true }));
  beforeAll(() => {
    writeFileSync(at('train', 'ants', '000.png'), '');
    truncateSync(at('train', 'ants', '001.png'), 200);
    writeFileSync(at('train', 'ants', '002.png'), 'this is no image');
    writeFileSync(at('train', 'bees', '000.png'), encodePng(300, 200, 'gray', new Uint8Array(300 * 200)));
    writeFileSync(at('train', 'bees', 'notes.TXT'), 'about bees');
    copyFileSync(at('train', 'bees', '001.png'), at('train', 'bees', 'again.png'));
    copyFileSync(at('train', 'bees', '002.png'), at('val', 'ants', 'leak.png'));
    writeFileSync(at('val', 'bees', '002.png'), withExif(readFileSync(at('val', 'bees', '002.png')), 6));
    mkdirSync(at('train', 'bees', 'folder.png'));
  });

  test('is told file by file, with exit code 3', async () => {
    const { code, report: found } = await report([spoilt, '--max-pixels', '50000']);
    expect(code).toBe(3);
    expect(found.unusable.map(({ path, verdict, code: error }) => [path, verdict, error])).toEqual([
      [at('train', 'ants', '000.png'), 'empty', 'IMAGE_DECODE'],
      [at('train', 'ants', '001.png'), 'truncated', 'IMAGE_DECODE'],
      [at('train', 'ants', '002.png'), 'unreadable', 'IMAGE_DECODE'],
      [at('train', 'bees', '000.png'), 'tooLarge', 'IMAGE_TOO_LARGE'],
    ]);
    expect(found.phases[0]).toEqual({
      phase: 'train',
      name: `"${at('train')}"`,
      images: 13,
      used: 9,
      unusable: { unreadable: 1, truncated: 1, tooLarge: 1, empty: 1 },
      ignored: { '.txt': 1 },
      animated: 0,
      cmyk: 0,
      exifRotated: 0,
      classes: { ants: 3, bees: 6 },
      imbalance: 2,
    });
    expect(found.ignored).toEqual([{ phase: 'train', path: at('train', 'bees', 'notes.TXT') }]);
    expect(found.exifRotated).toEqual([{ phase: 'val', path: at('val', 'bees', '002.png'), orientation: 6 }]);
    expect(found.duplicates).toEqual([
      {
        kind: 'exact',
        leak: false,
        classesDiffer: false,
        files: [
          { phase: 'train', path: at('train', 'bees', '001.png'), class: 'bees' },
          { phase: 'train', path: at('train', 'bees', 'again.png'), class: 'bees' },
        ],
      },
      {
        kind: 'exact',
        leak: true,
        classesDiffer: true,
        files: [
          { phase: 'train', path: at('train', 'bees', '002.png'), class: 'bees' },
          { phase: 'val', path: at('val', 'ants', 'leak.png'), class: 'ants' },
        ],
      },
    ]);
  });

  test('is told in words', async () => {
    const { code, stdout } = await check([spoilt, '--max-pixels', '50000']);
    expect(code).toBe(3);
    for (const text of [
      '!!  1 file cannot be read as an image',
      '!!  1 file cut off',
      '!!  1 file beyond the limits',
      '!!  1 file of zero bytes',
      '!!  1 picture in both training and validation data',
      '--  1 image with an EXIF rotation',
      '9 of 13 images can be used',
      'limits.pixels',
    ])
      expect(stdout).toContain(text);
  });

  test('trains with one warning of each kind, and refuses without leave to skip', async () => {
    const run = (more: readonly string[]) =>
      torchwing([
        ...['train', '--data', spoilt, '--weights', 'none', '--image-size', '32', '--epochs', '1'],
        ...['--output', mkdtempSync(join(place, 'run-')), ...more],
      ]);
    const refused = await run(['--drop-last']);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain('error [IMAGE_DECODE] 3 images cannot be used: ');
    for (const name of ['000.png', '001.png', '002.png'])
      expect(refused.stderr).toContain(at('train', 'ants', name));
    const trained = await run(['--on-bad-image', 'replace', '--drop-last']);
    expect(trained.code).toBe(0);
    expect(trained.stderr.match(/(?<=warning \[)\w+/g)).toEqual([
      'IMAGES_REPLACED',
      'DATA_LEAK',
      'DUPLICATE_IMAGES',
      'EXIF_ROTATED',
    ]);
    expect(trained.stdout).toContain('13 training and 7 validation images');
  });
});

test('one folder of classes is one phase, or the two parts that training would draw', async () => {
  const whole = await report([file('train')]);
  expect(whole.report.phases).toMatchObject([{ phase: 'all', images: 10 }]);
  const parts = await report([file('train'), '--val-split', '0.2']);
  expect(parts.report.phases).toMatchObject([
    { phase: 'train', images: 8 },
    { phase: 'val', images: 2 },
  ]);
});

test('without a folder, or with one that is not there', async () => {
  expect(await check([])).toMatchObject({ code: 2, stderr: expect.stringContaining('error [USAGE]') });
  expect(await check([join(place, 'gone')])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('error [DATASET_NOT_FOUND]'),
  });
});
