import { createHash } from 'node:crypto';
import { DEMO_DRAWN_SIZE, DEMO_IMAGES } from '../../lib/demo/demo-config';
import { drawInsectImage, INSECT_CLASSES } from '../../lib/demo/draw-insects';
import { logisticRegressionAccuracy, type Sample } from './logistic-regression';

const SIZE = DEMO_DRAWN_SIZE;
const THUMBNAIL = 8;

/** Mean colours of 8 x 8 equal blocks, 0..1. */
function thumbnail(rgb: Uint8Array): Float64Array {
  const block = SIZE / THUMBNAIL;
  const means = new Float64Array(THUMBNAIL * THUMBNAIL * 3);
  for (let y = 0, at = 0; y < SIZE; y++) {
    const row = (y - (y % block)) / block;
    for (let x = 0; x < SIZE; x++) {
      const column = (x - (x % block)) / block;
      const first = 3 * (row * THUMBNAIL + column);
      for (let channel = 0; channel < 3; channel++, at++) {
        means[first + channel]! += rgb[at]! / 255 / (block * block);
      }
    }
  }
  return means;
}

function thumbnails(seed: number, split: 'train' | 'val'): Sample[] {
  return INSECT_CLASSES.flatMap((insect, label) =>
    Array.from({ length: DEMO_IMAGES[split] }, (_, index) => ({
      features: thumbnail(drawInsectImage({ seed, split, insect, index, size: SIZE })),
      label,
    })),
  );
}

test('the same arguments draw the same bytes, and any other argument draws others', () => {
  const first = { seed: 101, split: 'train', insect: 'ants', index: 3, size: 64 } as const;
  const hash = (image: Parameters<typeof drawInsectImage>[0]) =>
    createHash('sha256').update(drawInsectImage(image)).digest('hex');
  expect(hash(first)).toBe(hash(first));
  const others = [
    { ...first, seed: 102 },
    { ...first, split: 'val' as const },
    { ...first, insect: 'bees' as const },
    { ...first, index: 4 },
  ];
  expect(new Set([first, ...others].map(hash)).size).toBe(5);
});

test('the set is of the promised size', () => {
  expect(DEMO_IMAGES.val * INSECT_CLASSES.length).toBeGreaterThanOrEqual(300);
  expect(drawInsectImage({ seed: 1, split: 'val', insect: 'bees', index: 0, size: 32 })).toHaveLength(
    32 * 32 * 3,
  );
});

// Drawing 1,120 images takes about six seconds; five seeds are what the demo promises.
test.each([101, 102, 103, 104, 105])(
  'seed %d: neither mean colours nor an 8 x 8 thumbnail tell the classes apart',
  (seed) => {
    const train = thumbnails(seed, 'train');
    const val = thumbnails(seed, 'val');
    for (const channel of [0, 1, 2]) {
      const [ants = 0, bees = 0] = [0, 1].map((label) => meanOf(train, label, channel));
      // An image's mean colour varies by about 0.065 from image to image.
      expect(Math.abs(ants - bees)).toBeLessThan(0.01);
    }
    expect(logisticRegressionAccuracy(train, val, 0.05)).toBeLessThanOrEqual(0.7);
  },
);

test('the logistic regression that judges the thumbnails learns what can be learned', () => {
  const samples = (offset: number): Sample[] =>
    Array.from({ length: 200 }, (_, at) => ({
      label: at % 2,
      features: Float64Array.from([Math.sin(7 * at + offset), (at % 2) + 0.4 * Math.sin(13 * at + offset)]),
    }));
  expect(logisticRegressionAccuracy(samples(0), samples(1), 1e-3)).toBeGreaterThan(0.95);
});

function meanOf(samples: readonly Sample[], label: number, channel: number): number {
  let sum = 0;
  let count = 0;
  for (const sample of samples) {
    if (sample.label !== label) continue;
    for (let at = channel; at < sample.features.length; at += 3) {
      sum += sample.features[at]!;
      count += 1;
    }
  }
  return sum / count;
}
