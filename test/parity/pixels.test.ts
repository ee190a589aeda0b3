import { createHash } from 'node:crypto';
import { IMAGENET, transforms as T } from '../../lib/index';
import { encodePng } from '../png';
import fixture from './fixtures/pixels.json';
import { bytesOf, loadImage, pixelDigest } from './load-image';

describe('resizing equals Pillow bilinear, bit for bit', () => {
  test.each(fixture.resizes)('to $height x $width', async ({ source, height, width, rgb }) => {
    expect(pixelDigest(await loadImage(bytesOf(source), [T.resize([height, width]), T.toTensor()]))).toBe(
      rgb,
    );
  });
});

describe('resize and centerCrop equal torchvision, padding included', () => {
  test.each(fixture.validations)('resize $resize, crop $crop', async ({ source, resize, crop, rgb }) => {
    const transforms = [T.resize(resize), T.centerCrop(crop), T.toTensor()];
    expect(pixelDigest(await loadImage(bytesOf(source), transforms))).toBe(rgb);
  });
});

test('toTensor and normalize equal torchvision for all 256 values, to the bit', async () => {
  const transforms = [T.centerCrop([1, 256]), T.toTensor(), T.normalize(IMAGENET)];
  const planes = await loadImage(levelsPng(), transforms);
  // [3, 1, 256] to [256, 3], as the fixture has it.
  const table = new Float32Array(256 * 3);
  for (let value = 0; value < 256; value++) {
    for (let channel = 0; channel < 3; channel++) {
      table[value * 3 + channel] = planes[channel * 256 + value] ?? Number.NaN;
    }
  }
  expect(createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex')).toBe(
    fixture.normalizeTable,
  );
});

/** A 256 x 1 grey PNG with each value once. */
function levelsPng(): Uint8Array {
  return encodePng(
    256,
    1,
    'gray',
    Uint8Array.from({ length: 256 }, (_, value) => value),
  );
}
