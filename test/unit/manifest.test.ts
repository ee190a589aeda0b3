import { describeFiles, listedFiles } from '../../lib/data/manifest';
import { dataDifferences } from '../../lib/trainer/data-differences';

/** `count` images of each of two classes. */
function phase(name: 'train' | 'val', count: number, bytes = 1000) {
  const images = Array.from({ length: 2 * count }, (_, at) => {
    const label = at < count ? 0 : 1;
    const relativePath = `${label === 0 ? 'ants' : 'bees'}/${String(at).padStart(8, '0')}.jpg`;
    return { path: `/photos/${name}/${relativePath}`, relativePath, label };
  });
  const source = {
    name,
    dir: `/photos/${name}`,
    classes: ['ants', 'bees'],
    images,
    ignored: 0,
    ignoredFiles: [],
  };
  return { phase: name, source, bytes: new Float64Array(images.length).fill(bytes) };
}

async function dataOf(train: ReturnType<typeof phase>, sha256: string) {
  const contentSha256 = null;
  return {
    classes: ['ants', 'bees'],
    sha256,
    contentSha256,
    manifest: await describeFiles([train, phase('val', 2)], null),
  };
}

test('a manifest lists the files of a data set of ordinary size in a few bytes each', async () => {
  const contents = new Map([['/photos/train/ants/00000000.jpg', 'ab'.repeat(32)]]);
  const manifest = await describeFiles([phase('train', 20_000), phase('val', 2)], contents);
  const files = listedFiles(manifest);
  expect(files).toHaveLength(40_004);
  expect(files?.slice(0, 2)).toEqual([
    ['train/ants/00000000.jpg', 1000, 'abababab'],
    ['train/ants/00000001.jpg', 1000, ''],
  ]);
  expect(JSON.stringify(manifest).length).toBeLessThan(40_004 * 15);
});

test('that of a very large one has its classes, and a difference names those', async () => {
  const before = await dataOf(phase('train', 60_000), 'a');
  expect(JSON.stringify(before.manifest).length).toBeLessThan(1000);
  expect(dataDifferences(before, before)).toEqual([]);
  expect(dataDifferences(before, await dataOf(phase('train', 60_001), 'b'))).toEqual([
    'data: train/ants has 60000 images before, 60001 now, train/bees has 60000 images before, 60001 now',
  ]);
  expect(dataDifferences(before, await dataOf(phase('train', 60_000, 7), 'b'))).toEqual([
    'data: train/ants has others of its 60000 images, train/bees has others of its 60000 images',
  ]);
});

test('without one on both sides a difference is told by the hashes', async () => {
  const before = { ...(await dataOf(phase('train', 2), 'a'.repeat(64))), manifest: null };
  expect(dataDifferences(before, await dataOf(phase('train', 3), 'b'.repeat(64)))).toEqual([
    'data: other images than before (SHA-256 aaaaaaaaaaaa… before, bbbbbbbbbbbb… now)',
  ]);
});
