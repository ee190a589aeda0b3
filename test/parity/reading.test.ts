import { transforms as T } from '../../lib/index';
import { loadNative } from '../../lib/native/load';
import fixture from './fixtures/reading.json';
import { bytesOf, loadImage, pixelDigest } from './load-image';

describe('EXIF orientation', () => {
  test.each(fixture.orientations)('$name, as ImageOps.exif_transpose turns it', async (one) => {
    const [width = 0, height = 0] = one.size;
    const upright = [T.centerCrop([height, width]), T.toTensor()];
    const file = bytesOf(one.file);
    expect(pixelDigest(await loadImage(file, upright, { exif: 'apply' }))).toBe(one.upright);
    const stored = [T.centerCrop([37, 45]), T.toTensor()];
    expect(pixelDigest(await loadImage(file, stored))).toBe(one.stored);
  });

  test('seven of the eight orientations change the pixels', () => {
    const changed = fixture.orientations.filter(({ stored, upright }) => stored !== upright);
    expect(changed).toHaveLength(14);
  });
});

describe("resize: 'tensor' equals torchvision on uint8 tensors, bit for bit", () => {
  test.each(fixture.tensorResizes)('to $height x $width', async (one) => {
    const resize = T.resize([one.height, one.width]);
    const source = bytesOf(one.source);
    const whole = [resize, T.toTensor()];
    expect(pixelDigest(await loadImage(source, whole, { resize: 'tensor' }))).toBe(one.rgb);
    expect(pixelDigest(await loadImage(source, whole))).toBe(one.pillow);
    const cropped = [resize, T.centerCrop(one.crop), T.toTensor()];
    expect(pixelDigest(await loadImage(source, cropped, { resize: 'tensor' }))).toBe(one.cropped);
  });

  test('which is not what Pillow gives', () => {
    expect(fixture.tensorResizes.some(({ rgb, pillow }) => rgb !== pillow)).toBe(true);
  });
});

describe("decode: 'scaled'", () => {
  /** A JPEG of 640 x 480 smooth pixels. */
  async function photo(): Promise<Uint8Array> {
    const rgb = Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => {
      const [x, y, channel] = [Math.floor(i / 3) % 640, Math.floor(i / 1920), i % 3];
      return 128 + 80 * Math.sin(x / (30 + 5 * channel)) * Math.cos(y / (40 - 7 * channel));
    });
    const native = await loadNative();
    return new Uint8Array(await native.encodeJpeg(rgb, 640, 480, 92));
  }
  const transforms = [T.resize([60, 80]), T.toTensor()];

  test('gives other pixels than the exact form, but nearly the same', async () => {
    const file = await photo();
    const exact = await loadImage(file, transforms);
    const scaled = await loadImage(file, transforms, { decode: 'scaled' });
    const differences = exact.map((value, i) => Math.abs(value - (scaled[i] ?? Number.NaN)) * 255);
    expect(Math.max(...differences)).toBeGreaterThan(0);
    expect(Math.max(...differences)).toBeLessThan(24);
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(2);
  });

  test('changes nothing where the image is not shrunk to half or less', async () => {
    const file = await photo();
    const large = [T.resize([300, 400]), T.toTensor()];
    const digest = async (decode: 'exact' | 'scaled') =>
      pixelDigest(await loadImage(file, large, { decode }));
    expect(await digest('scaled')).toBe(await digest('exact'));
  });
});
