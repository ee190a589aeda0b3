import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveConfig } from '../../lib/config/resolve';
import type { Source } from '../../lib/config/types';
import { scanImageFolder } from '../../lib/data/image-folder';
import { inspectData } from '../../lib/data/preflight';
import { byCodePoint } from '../../lib/data/text-order';
import { antsAndBees, rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

afterAll(removeTemporaryFolders);

function inspect(train: Source, val: Source, seed = 0) {
  return inspectData(resolveConfig({ data: { train, val }, seed }));
}

describe('ImageFolder', () => {
  test('classes and files come in the order of Python', async () => {
    const folder = temporaryFolder([
      'b/2.jpg',
      'b/10.jpg',
      'a/sub/deep/x.png',
      'a/sub-1/y.png',
      'a/z.webp',
      'B/1.bmp',
      'é/1.ppm',
      '\u{1F41D}/1.jpg',
      '\uFF41/1.jpg',
    ]);
    const { classes, images } = await scanImageFolder(folder);
    // Code points: the full-width a (U+FF41) comes before the bee (U+1F41D), unlike in UTF-16 order.
    expect(classes).toEqual(['B', 'a', 'b', 'é', '\uFF41', '\u{1F41D}']);
    expect(images.map(({ relativePath }) => relativePath)).toEqual([
      'B/1.bmp',
      'a/z.webp',
      'a/sub-1/y.png',
      'a/sub/deep/x.png',
      'b/10.jpg',
      'b/2.jpg',
      'é/1.ppm',
      '\uFF41/1.jpg',
      '\u{1F41D}/1.jpg',
    ]);
    expect(images.map(({ label }) => label)).toEqual([0, 1, 1, 1, 2, 2, 3, 4, 5]);
  });

  test('nine extensions in any case; the rest is counted', async () => {
    const names = ['1.jpg', '2.JPEG', '3.Png', '4.ppm', '5.bmp', '6.pgm', '7.tif', '8.TIFF', '9.webp'];
    const folder = temporaryFolder([...names, 'a.gif', 'notes.txt', 'jpg'].map((name) => `a/${name}`));
    const { images, ignored } = await scanImageFolder(folder);
    expect(images).toHaveLength(9);
    expect(ignored).toBe(3);
  });

  test('files beside the class folders are not looked at', async () => {
    const folder = temporaryFolder(['a/1.jpg', 'b/1.jpg', 'stray.jpg']);
    const { images, ignored } = await scanImageFolder(folder);
    expect(images).toHaveLength(2);
    expect(ignored).toBe(0);
  });

  test('links are followed, and a link to a folder above is not followed for ever', async () => {
    const elsewhere = temporaryFolder(['1.jpg', 'deep/2.jpg']);
    const folder = temporaryFolder(['b/1.jpg']);
    symlinkSync(elsewhere, join(folder, 'a'));
    symlinkSync(folder, join(folder, 'b', 'loop'));
    symlinkSync(join(folder, 'b'), join(folder, 'b', 'self'));
    const { classes, images } = await scanImageFolder(folder);
    expect(classes).toEqual(['a', 'b']);
    expect(images.filter(({ label }) => label === 0).map(({ relativePath }) => relativePath)).toEqual([
      'a/1.jpg',
      'a/deep/2.jpg',
    ]);
    expect(images.some(({ relativePath }) => relativePath.includes('self/'))).toBe(false);
  });

  test.each<[string, string[], string, string]>([
    ['a folder without class folders', ['1.jpg'], 'DATASET_CLASSES', 'holds no class folder'],
    ['an empty class', ['a/1.jpg', 'b/readme.txt', 'c/x.gif'], 'DATASET_EMPTY', '"b", "c"'],
  ])('%s is refused', async (_, files, code, part) => {
    const error = await rejection(scanImageFolder(temporaryFolder(files)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });

  test('a missing folder, and a file in its place, are told apart', async () => {
    const folder = temporaryFolder(['file']);
    expect(await rejection(scanImageFolder(join(folder, 'none')))).toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: `The data folder "${join(folder, 'none')}" does not exist.`,
    });
    expect((await rejection(scanImageFolder(join(folder, 'file')))).message).toContain('is not a folder');
  });

  test('a name that is not UTF-8 is refused, not lost', async () => {
    const folder = temporaryFolder(['a/1.jpg']);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a/`), Buffer.from([0xe9]), Buffer.from('.jpg')]), '');
    expect(await rejection(scanImageFolder(folder))).toMatchObject({
      code: 'DATASET_NOT_FOUND',
      hint: 'Rename it.',
    });
  });
});

describe('both phases', () => {
  test('counts, classes and a hash that knows names and sizes', async () => {
    const dir = antsAndBees(2);
    const config = resolveConfig({ data: { dir } });
    const first = await inspectData(config);
    expect(first.classes).toEqual(['ants', 'bees']);
    expect([first.train.images.length, first.val.images.length]).toEqual([4, 4]);
    expect(first.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await inspectData(config)).sha256).toBe(first.sha256);
    writeFileSync(join(dir, 'val/bees/000.jpg'), 'more');
    expect((await inspectData(config)).sha256).not.toBe(first.sha256);
  });

  test('different classes: both sides are listed', async () => {
    const dir = temporaryFolder([
      'train/ants/1.jpg',
      'train/bees/1.jpg',
      'val/ants/1.jpg',
      'val/wasps/1.jpg',
    ]);
    expect(await rejection(inspectData(resolveConfig({ data: { dir } })))).toMatchObject({
      code: 'DATASET_CLASSES',
      message:
        'Training and validation data have different classes: train has "ants", "bees", val has "ants", "wasps".',
      hint: 'Only in train: "bees". Only in val: "wasps".',
    });
  });

  test('a single class is refused', async () => {
    const dir = temporaryFolder(['train/ants/1.jpg', 'val/ants/1.jpg']);
    const error = await rejection(inspectData(resolveConfig({ data: { dir } })));
    expect(error.code).toBe('DATASET_CLASSES');
    expect(error.message).toContain('single class "ants"');
  });

  test('a folder of classes without valSplit says what is missing', async () => {
    const dir = temporaryFolder(['ants/1.jpg', 'bees/1.jpg']);
    const error = await rejection(inspectData(resolveConfig({ data: { dir } })));
    expect(error.code).toBe('DATASET_NOT_FOUND');
    expect(error.hint).toContain('--val-split');
  });

  test('a list: sorted labels are the classes, its order stays', async () => {
    const list = [
      { path: '/b.jpg', label: 'bees' },
      { path: '/a.jpg', label: 'ants' },
    ];
    const { classes, train } = await inspect({ list }, { list });
    expect(classes).toEqual(['ants', 'bees']);
    expect(train.images.map(({ path, label }) => [path, label])).toEqual([
      ['/b.jpg', 1],
      ['/a.jpg', 0],
    ]);
  });
});

describe('valSplit', () => {
  const files = [...Array(10).keys()]
    .map((n) => `ants/${n}.jpg`)
    .concat([...Array(5).keys()].map((n) => `bees/${n}.jpg`));

  test('splits each class by its share, with nothing in both parts', async () => {
    const dir = temporaryFolder(files);
    const { train, val } = await inspectData(resolveConfig({ data: { dir, valSplit: 0.2 } }));
    const count = (images: { label: number }[], label: number) =>
      images.filter((image) => image.label === label).length;
    expect([count(val.images, 0), count(val.images, 1)]).toEqual([2, 1]);
    const all = [...train.images, ...val.images].map(({ relativePath }) => relativePath);
    expect(all.sort(byCodePoint)).toEqual([...files].sort(byCodePoint));
  });

  test('is drawn from the seed', async () => {
    const dir = temporaryFolder(files);
    const drawn = async (seed: number) =>
      (await inspectData(resolveConfig({ data: { dir, valSplit: 0.2 }, seed }))).val.images
        .map(({ relativePath }) => relativePath)
        .join();
    expect(await drawn(1)).toBe(await drawn(1));
    expect(new Set(await Promise.all([0, 1, 2, 3, 4].map(drawn))).size).toBeGreaterThan(1);
  });

  test('keeps at least one image on each side, and refuses a class of one', async () => {
    const dir = temporaryFolder(['a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'b/2.jpg']);
    const { train, val } = await inspectData(resolveConfig({ data: { dir, valSplit: 0.01 } }));
    expect([train.images.length, val.images.length]).toEqual([2, 2]);
    const one = temporaryFolder(['a/1.jpg', 'b/1.jpg', 'b/2.jpg']);
    expect((await rejection(inspectData(resolveConfig({ data: { dir: one, valSplit: 0.5 } })))).code).toBe(
      'DATASET_EMPTY',
    );
  });

  test('is refused on a folder that is split already', async () => {
    const error = await rejection(
      inspectData(resolveConfig({ data: { dir: antsAndBees(2), valSplit: 0.2 } })),
    );
    expect(error.code).toBe('DATASET_CLASSES');
    expect(error.hint).toContain('valSplit');
  });
});

test('an unreadable sub-folder is not passed over', async () => {
  if (process.getuid?.() === 0) {
    // The superuser reads everything: a link that loops onto itself is what it cannot resolve either.
    const folder = temporaryFolder(['a/1.jpg']);
    symlinkSync('self', join(folder, 'a', 'self'));
    expect((await scanImageFolder(folder)).ignored).toBe(1);
    return;
  }
  const folder = temporaryFolder(['a/1.jpg']);
  mkdirSync(join(folder, 'a', 'closed'), { mode: 0 });
  expect((await rejection(scanImageFolder(folder))).code).toBe('DATASET_NOT_FOUND');
});
