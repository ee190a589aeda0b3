import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataReport } from '../../lib/data/data-report';
import { findLibTorch } from '../../lib/native/libtorch';
import fixture from '../parity/fixtures/images.json';
import { torchwing } from './cli-program';

const place = mkdtempSync(join(tmpdir(), 'torchwing-check-formats-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const golden = (name: string) =>
  Buffer.from(fixture.images.find((image) => image.name === name)?.file ?? '', 'base64');

/** One class folder of files by name; the content of each is a golden image, cut to a share of its length. */
function folderOf(name: string, files: Record<string, [image: string, share?: number]>): string {
  const folder = join(place, name);
  mkdirSync(join(folder, 'things'), { recursive: true });
  for (const [file, [image, share = 1]] of Object.entries(files)) {
    const bytes = golden(image);
    expect(bytes.length).toBeGreaterThan(0);
    writeFileSync(join(folder, 'things', file), bytes.subarray(0, Math.floor(bytes.length * share)));
  }
  return folder;
}

async function check(
  folder: string,
  ...flags: string[]
): Promise<{ code: number | null; report: DataReport }> {
  const { code, stdout } = await torchwing(['check', folder, '--json', '--no-cache', ...flags], {
    env: { LIBTORCH: findLibTorch().root },
  });
  return { code, report: JSON.parse(stdout) as DataReport };
}

const names = (files: readonly { path: string }[]) =>
  files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));

test('every extension of ImageFolder is used, and what is special about a file is told in each format', async () => {
  const { code, report } = await check(
    folderOf('good', {
      'a.jpg': ['jpeg-420'],
      'b.jpeg': ['jpeg-440-progressive'],
      'c.png': ['png-animated'],
      'd.ppm': ['pnm-p6-1000'],
      'e.bmp': ['bmp-rle8'],
      'f.pgm': ['pnm-p5-255'],
      'g.tif': ['tiff-pages'],
      'h.tiff': ['tiff-cmyk'],
      'i.webp': ['webp-animated'],
      'j.jpg': ['jpeg-ycck'],
      'k.tiff': ['tiff-orientation-6'],
      'l.png': ['webp-lossless'],
    }),
  );
  expect(code).toBe(0);
  expect(report.unusable).toEqual([]);
  expect(report.phases).toMatchObject([{ images: 12, used: 12 }]);
  expect(names(report.animated)).toEqual(['c.png', 'g.tif', 'i.webp']);
  expect(names(report.cmyk)).toEqual(['h.tiff', 'j.jpg']);
  // Pillow turns a TIFF file upright by itself, and so it is no rotation that is not applied.
  expect(report.exifRotated).toEqual([]);
});

test('a damaged file of each format gets its verdict, and the message names it', async () => {
  const { code, report } = await check(
    folderOf('bad', {
      'a.jpg': ['jpeg-420', 0.6],
      'b.png': ['png-pillow', 0.6],
      'c.ppm': ['pnm-p6-255', 0.6],
      'd.bmp': ['bmp-pillow-24', 0.6],
      'e.tif': ['tiff-pillow-tiff_lzw', 0.6],
      'f.webp': ['webp-lossy', 0.6],
      'g.tif': ['tiff-lab'],
      'h.bmp': ['bmp-jpeg'],
      'i.webp': ['webp-lossy', 0],
      'j.tif': ['jpeg-two-components'],
    }),
  );
  expect(code).toBe(3);
  const verdicts = Object.fromEntries(
    names(report.unusable).map((name, at) => [name, report.unusable[at]?.verdict]),
  );
  expect(verdicts).toEqual({
    'a.jpg': 'truncated',
    'b.png': 'truncated',
    'c.ppm': 'truncated',
    'd.bmp': 'truncated',
    'e.tif': 'truncated',
    'f.webp': 'truncated',
    'g.tif': 'unreadable',
    'h.bmp': 'unreadable',
    'i.webp': 'empty',
    'j.tif': 'unreadable',
  });
  for (const { path, message } of report.unusable) expect(message).toContain(path);
});

test('the limits hold for each format', async () => {
  const folder = folderOf('large', {
    'a.jpg': ['jpeg-444'],
    'b.png': ['png-rgb-8'],
    'c.ppm': ['pnm-p6-255'],
    'd.bmp': ['bmp-8'],
    'e.tif': ['tiff-rgb-8'],
    'f.webp': ['webp-lossy'],
  });
  const { code, report } = await check(folder, '--max-pixels', '40');
  expect(code).toBe(3);
  expect(report.unusable.map(({ verdict }) => verdict)).toEqual(Array(6).fill('tooLarge'));
  for (const { message } of report.unusable) expect(message).toContain('limits.pixels');
});
