import { createHash } from 'node:crypto';
import { IMAGENET, transforms as T, TorchwingError, type Transform } from '../../lib/index';
import { encodePng } from '../png';
import augment from './fixtures/transforms/augment.json';
import pixels from './fixtures/transforms/pixels.json';
import { loadImage, pixelDigest } from './load-image';

/** The images, arguments and results of scripts/golden/transforms.py, here by way of the public functions. */

type Image = keyof typeof pixels.images;
type Case = (typeof pixels.cases)[number];

const fill: [number, number, number] = [30, 144, 255];
const short = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 12);

function png(name: Image): Uint8Array {
  const { width, height, rgb } = pixels.images[name];
  return encodePng(width, height, 'rgb', Buffer.from(rgb, 'base64'));
}

/** The first digits of the SHA-256 of what the transforms make of an image. */
async function digestOf(image: Image, transforms: Transform[], seed = 0): Promise<string> {
  return pixelDigest(await loadImage(png(image), [...transforms, T.toTensor()], { seed })).slice(0, 12);
}

const ownSize = (image: Image): Transform =>
  T.centerCrop([pixels.images[image].height, pixels.images[image].width]);

/** With ranges of one value nothing is left to chance. */
const factories: Record<string, (numbers: number[], expected: Case) => Transform[]> = {
  brightness: ([f = 0]) => [T.colorJitter({ brightness: [f, f] })],
  contrast: ([f = 0]) => [T.colorJitter({ contrast: [f, f] })],
  saturation: ([f = 0]) => [T.colorJitter({ saturation: [f, f] })],
  hue: ([f = 0]) => [T.colorJitter({ hue: [f, f] })],
  grayscale: () => [T.grayscale()],
  'horizontal-flip': () => [T.randomHorizontalFlip(1)],
  'vertical-flip': () => [T.randomVerticalFlip(1)],
  'rotate-nearest': (numbers, expected) => rotation(numbers, expected, 'nearest'),
  'rotate-bilinear': (numbers, expected) => rotation(numbers, expected, 'bilinear'),
  'pad-constant': (numbers) => [pad(numbers, 'constant')],
  'pad-edge': (numbers) => [pad(numbers, 'edge')],
  'pad-reflect': (numbers) => [pad(numbers, 'reflect')],
  'pad-symmetric': (numbers) => [pad(numbers, 'symmetric')],
};

function rotation(
  [degrees = 0, expand = 0, x, y]: number[],
  { height, width }: Case,
  interpolation: T.Interpolation,
): Transform[] {
  const center = x === undefined || y === undefined ? {} : { center: [x, y] as [number, number] };
  const turn = T.randomRotation([degrees, degrees], { interpolation, expand: expand === 1, fill, ...center });
  return [turn, T.centerCrop([height, width])];
}

function pad(numbers: number[], paddingMode: T.PaddingMode): Transform {
  return T.pad(numbers as [number, number, number, number], { fill, paddingMode });
}

function isFloat32(value = Number.NaN): boolean {
  return Math.fround(value) === value;
}

/** float.hex of Python. */
function parseHexadecimal(text: string): number {
  const [, sign, whole = '', fraction = '', exponent] =
    /^(-?)0x(\d)\.?([0-9a-f]*)p([+-]\d+)$/.exec(text) ?? [];
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

describe('the public transforms equal torchvision, byte for byte', () => {
  const isShown = ({ image }: Case) => image === 'odd' || image === 'pixel';
  const numbersOf = (one: Case) => one.arguments.split(' ').filter(Boolean).map(parseHexadecimal);
  // Angles are drawn in float32, and a hue's range of 0 alone turns it off: both as in torchvision.
  const isDrawn = (one: Case) =>
    one.operation === 'hue'
      ? numbersOf(one)[0] !== 0
      : !one.operation.startsWith('rotate') || isFloat32(numbersOf(one)[0]);

  test.each(Object.entries(factories))('%s', async (operation, transformsFor) => {
    const cases = pixels.cases.filter((one) => one.operation === operation && isShown(one) && isDrawn(one));
    expect(cases.length).toBeGreaterThan(1);
    for (const one of cases) {
      const image = one.image as Image;
      const transforms = [ownSize(image), ...transformsFor(numbersOf(one), one)];
      expect([one.arguments, await digestOf(image, transforms)]).toEqual([one.arguments, one.digest]);
    }
  });
});

/** The digests of an image at the magnitudes that `bins` names, each operation and sign. */
function results(space: string, interpolation: string, bins: (digests: string[]) => string[]): Set<string> {
  // What moves no pixel is there once, under `nearest`.
  const lines = augment.lines.filter((line) => line.space === space && line.image === 'odd');
  const moving = new Set(
    lines.filter((line) => line.interpolation === 'bilinear').map((line) => line.operation),
  );
  return new Set(
    lines
      .filter((line) => line.interpolation === interpolation || !moving.has(line.operation))
      .flatMap((line) => bins(line.digests.split(' '))),
  );
}

describe.each(['nearest', 'bilinear'] as const)('augmentation, %s', (interpolation) => {
  const SEEDS = 120;

  async function seen(transform: Transform): Promise<Set<string>> {
    const digests = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed++)
      digests.add(await digestOf('odd', [ownSize('odd'), transform], seed));
    return digests;
  }

  test('randAugment gives the images of torchvision at its magnitude, and no other', async () => {
    const expected = results('randAugment', interpolation, (digests) => [digests[9] ?? digests[0] ?? '']);
    const found = await seen(T.randAugment({ numOps: 1, magnitude: 9, interpolation, fill }));
    expect([...found].filter((digest) => !expected.has(digest))).toEqual([]);
    // 23 operations and signs; the image has its full contrast already, so one of them is the identity.
    expect(expected.size).toBe(22);
    expect(found.size).toBeGreaterThanOrEqual(20);
  });

  test('trivialAugmentWide gives nothing but images of torchvision', async () => {
    const expected = results('trivialAugmentWide', interpolation, (digests) => digests);
    const found = await seen(T.trivialAugmentWide({ interpolation, fill }));
    expect([...found].filter((digest) => !expected.has(digest))).toEqual([]);
    expect(found.size).toBeGreaterThan(50);
  });
});

test('randomCrop pads what is too small, and refuses it by name when it may not', async () => {
  const needed = T.randomCrop([29, 37], { padIfNeeded: true, fill });
  expect(await digestOf('odd', [needed])).toBe(short(Buffer.from(pixels.images.odd.rgb, 'base64')));
  const refusal = await digestOf('odd', [T.randomCrop(30)]).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(TorchwingError);
  expect(refusal).toMatchObject({
    code: 'IMAGE_TOO_SMALL',
    message:
      'Image "fixture" is too small for randomCrop: received 37 x 29 pixels, expected at least 30 x 30.',
  });
});

test('resize with maxSize bounds the longer side', async () => {
  const bounded = await loadImage(png('odd'), [ownSize('odd'), T.resize(20, { maxSize: 22 }), T.toTensor()]);
  // int(20 * 37 / 29) = 25 is above 22, int(22 * 20 / 25) = 17.
  expect(bounded.length).toBe(3 * 22 * 17);
  const exact = await loadImage(png('odd'), [T.resize([17, 22]), T.toTensor()]);
  expect(bounded).toEqual(exact);
});

describe('randomErasing', () => {
  const plain = [ownSize('odd'), T.toTensor(), T.normalize(IMAGENET)];

  test.each<[string, T.RandomErasing['value'], number[]]>([
    ['one value', 0.5, [0.5, 0.5, 0.5]],
    ['three values', [1, 2, 3], [1, 2, 3]],
  ])('%s behind normalize: in one rectangle, and nothing else', async (_, value, written) => {
    const before = await loadImage(png('odd'), plain);
    const after = await loadImage(png('odd'), [...plain, T.randomErasing({ p: 1, value })]);
    const changed = changedRectangle(before, after, 37);
    expect(changed.holes).toBe(0);
    expect(changed.share).toBeGreaterThan(0.015);
    expect(changed.share).toBeLessThan(0.35);
    for (const [channel, expected] of written.entries())
      expect(after[channel * 37 * 29 + changed.first]).toBe(expected);
  });

  test('before normalize the value is normalized too', async () => {
    const erased = [
      ownSize('odd'),
      T.toTensor(),
      T.randomErasing({ p: 1, value: 0.485 }),
      T.normalize(IMAGENET),
    ];
    const before = await loadImage(png('odd'), plain);
    const after = await loadImage(png('odd'), erased);
    expect(after[changedRectangle(before, after, 37).first]).toBe(0);
  });

  test('with p 0 nothing is erased', async () => {
    const kept = await loadImage(png('odd'), [...plain, T.randomErasing({ p: 0 })]);
    expect(kept).toEqual(await loadImage(png('odd'), plain));
  });
});

/** Where two images of `width` columns differ in their first channel; `holes` are equal values in the rectangle. */
function changedRectangle(before: Float32Array, after: Float32Array, width: number) {
  const plane = before.length / 3;
  const changed = Array.from({ length: plane }, (_, at) => at).filter((at) => before[at] !== after[at]);
  const columns = changed.map((at) => at % width);
  const rows = changed.map((at) => Math.trunc(at / width));
  const area =
    (Math.max(...columns) - Math.min(...columns) + 1) * (Math.max(...rows) - Math.min(...rows) + 1);
  return { first: changed[0] ?? 0, holes: area - changed.length, share: area / plane };
}
