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
  ['the longer side is cut to an integer', [T.centerCrop([3, 10]), T.resize(4)], [4, 13]],
])('output size: %s', (_, transforms, size) => {
  expect(outputSize(transforms)).toEqual(size);
});
