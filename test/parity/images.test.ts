import { transforms as T, TorchwingError } from '../../lib/index';
import fixture from './fixtures/images.json';
import { bytesOf, loadImage, pixelDigest } from './load-image';

interface Golden {
  name: string;
  file: string;
  size: number[] | null;
  rgb: string | null;
}

const images: Golden[] = fixture.images;
const named = (name: string) => bytesOf(images.find((image) => image.name === name)?.file ?? '');

/** What Pillow reads and torchwing does not; docs/data.md says why. */
const REFUSED_HERE = ['tiff-rgb-16-planar', 'tiff-lab', 'tiff-ycc', 'tiff-pillow-lzma'];

async function refusal(file: Uint8Array): Promise<TorchwingError> {
  const failure = await loadImage(file, [T.centerCrop(8), T.toTensor()]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TorchwingError);
  return failure as TorchwingError;
}

describe('decoding equals Pillow convert("RGB"), bit for bit', () => {
  const formats = ['jpeg', 'png', 'tiff', 'webp', 'bmp', 'pnm'];

  test.each(formats)('every %s file that Pillow reads', async (format) => {
    const wrong: string[] = [];
    let compared = 0;
    for (const { name, file, size, rgb } of images) {
      if (!name.startsWith(`${format}-`) || size === null || REFUSED_HERE.includes(name)) continue;
      const [width = 0, height = 0] = size;
      // A crop of the image's own size changes nothing.
      const values = await loadImage(bytesOf(file), [T.centerCrop([height, width]), T.toTensor()]).catch(
        String,
      );
      if (typeof values === 'string') wrong.push(`${name}: ${values}`);
      else if (pixelDigest(values) !== rgb) wrong.push(`${name}: other pixels`);
      compared += 1;
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(10);
  });

  test('what Pillow refuses is refused, and four rare TIFF layouts with it', async () => {
    const accepted: string[] = [];
    for (const { name, file, rgb } of images) {
      if (rgb !== null && !REFUSED_HERE.includes(name)) continue;
      const { code, message } = await refusal(bytesOf(file));
      if (code !== 'IMAGE_DECODE' || !message.includes('"fixture"')) accepted.push(`${name}: ${message}`);
    }
    expect(accepted).toEqual([]);
  });
});

describe('a bad file is refused by name and reason', () => {
  const half = (name: string) => named(name).subarray(0, named(name).length / 2);
  const reasons: [string, () => Uint8Array, string][] = [
    ['empty', () => new Uint8Array(), 'the file is empty'],
    ['a JPEG cut in the middle', () => half('jpeg-420'), 'truncated'],
    ['a JPEG without its last byte', () => named('jpeg-444').subarray(0, -1), 'truncated'],
    ['a PNG cut in the middle', () => half('png-pillow'), 'truncated'],
    ['a TIFF cut in the middle', () => half('tiff-pillow-tiff_lzw'), 'truncated'],
    ['a TIFF whose pixels are cut off', () => named('tiff-pillow-big').subarray(0, -40), 'truncated'],
    ['a WebP cut in the middle', () => half('webp-lossy'), 'truncated'],
    ['a BMP cut in the middle', () => half('bmp-pillow-24'), 'truncated'],
    ['a PPM cut in the middle', () => half('pnm-p6-255'), 'truncated'],
    ['L*a*b* colours', () => named('tiff-lab'), 'L*a*b*'],
    ['a GIF', () => new TextEncoder().encode('GIF89a and more'), 'it is a GIF file'],
    ['plain text', () => new TextEncoder().encode('hello'), 'none of JPEG, PNG, BMP, PNM, TIFF and WebP'],
  ];
  test.each(reasons)('%s', async (_, file, reason) => {
    const { code, message } = await refusal(file());
    expect(code).toBe('IMAGE_DECODE');
    expect(message).toContain('"fixture"');
    expect(message).toContain(reason);
  });
});
