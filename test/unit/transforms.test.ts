import { outputSize } from '../../lib/data/output-size';
import * as T from '../../lib/data/transforms';

test('factories give plain objects with torchvision defaults', () => {
  expect(T.randomResizedCrop(224)).toEqual({
    type: 'randomResizedCrop',
    size: 224,
    scale: [0.08, 1],
    ratio: [3 / 4, 4 / 3],
  });
  expect(T.randomHorizontalFlip()).toEqual({ type: 'randomHorizontalFlip', p: 0.5 });
  expect(JSON.parse(JSON.stringify(T.normalize(T.IMAGENET)))).toEqual({ type: 'normalize', ...T.IMAGENET });
});

test('what is given replaces a default, and what is not stays away', () => {
  expect(T.resize(256)).toEqual({ type: 'resize', size: 256 });
  expect(T.resize(256, { maxSize: 300 })).toEqual({ type: 'resize', size: 256, maxSize: 300 });
  expect(T.randomCrop(32, { padding: 4 })).toEqual({
    type: 'randomCrop',
    size: 32,
    padding: 4,
    padIfNeeded: false,
    fill: 0,
    paddingMode: 'constant',
  });
  expect(T.colorJitter({ hue: 0.1 })).toEqual({
    type: 'colorJitter',
    brightness: 0,
    contrast: 0,
    saturation: 0,
    hue: 0.1,
  });
  expect(T.randAugment({ magnitude: 5 })).toMatchObject({ numOps: 2, magnitude: 5, numMagnitudeBins: 31 });
  expect(T.randomErasing({ value: 'random' })).toMatchObject({
    p: 0.5,
    scale: [0.02, 0.33],
    value: 'random',
  });
});

test('normalize copies its numbers', () => {
  const made = T.normalize(T.IMAGENET);
  made.mean[0] = 9;
  expect(T.IMAGENET.mean[0]).toBe(0.485);
});

test.each<[string, T.Transform[], [number, number] | null]>([
  ['a crop', [T.resize(256), T.centerCrop(224)], [224, 224]],
  ['the last size wins', [T.randomResizedCrop([64, 32]), T.resize([10, 20])], [10, 20]],
  ['a shorter side alone depends on the image', [T.resize(256)], null],
  ['a shorter side after a crop is known', [T.centerCrop([50, 100]), T.resize(25)], [25, 50]],
  ['a longer side is bounded', [T.centerCrop([50, 100]), T.resize(25, { maxSize: 40 })], [20, 40]],
  ['padding adds to a known size', [T.centerCrop(50), T.pad([1, 2, 3, 4])], [56, 54]],
  ['padding of two numbers', [T.centerCrop(50), T.pad([1, 2])], [54, 52]],
  ['padding of an unknown size', [T.pad(3)], null],
  ['a random crop', [T.pad(3), T.randomCrop(32)], [32, 32]],
  ['a rotation keeps the size', [T.centerCrop(50), T.randomRotation(30)], [50, 50]],
  ['a rotation that expands does not', [T.centerCrop(50), T.randomRotation(30, { expand: true })], null],
  ['changes of colour keep the size', [T.centerCrop(50), T.randAugment(), T.colorJitter()], [50, 50]],
  ['the longer side is cut to an integer', [T.centerCrop([3, 10]), T.resize(4)], [4, 13]],
])('output size: %s', (_, transforms, size) => {
  expect(outputSize(transforms)).toEqual(size);
});
