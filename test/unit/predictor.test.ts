import { resolveConfig } from '../../lib/config/resolve';
import * as T from '../../lib/data/transforms';
import { Predictor } from '../../lib/predictor/predictor';
import { topK } from '../../lib/predictor/top-k';
import { FakeNative } from './fake-native';
import { rejection } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
}));

const val = resolveConfig({ data: { dir: 'x', imageSize: 64 } }).data.transforms.val;
const record = {
  version: 1,
  arch: 'resnet18',
  classes: ['ants', 'bees'],
  transforms: { val },
  layout: 'strided',
};

beforeEach(() => {
  mockFake = new FakeNative();
  mockFake.files.set('best.pth', { headClasses: 2, record: JSON.stringify(record) });
  mockFake.files.set('bare.pth', { headClasses: 2 });
});

function fileWith(changed: object): string {
  mockFake.files.set('changed.pth', { headClasses: 2, record: JSON.stringify({ ...record, ...changed }) });
  return 'changed.pth';
}

test('classes, preprocessing and layout come from the record', async () => {
  const predictor = await Predictor.load('best.pth');
  expect(predictor.classes).toEqual(['ants', 'bees']);
  expect(predictor.transforms).toEqual(val);
  expect(mockFake.calls[0]).toContain('layout=strided');
});

test('images are read as the run read them, and as torchvision does where the record does not say', async () => {
  const reading = { exif: 'apply', decode: 'scaled', resize: 'tensor' };
  const predictor = await Predictor.load(fileWith({ reading }));
  await predictor.predict(['bee.jpg']);
  expect(mockFake.loaders.at(-1)).toMatchObject(reading);
  await (await Predictor.load('best.pth')).predict(['bee.jpg']);
  expect(mockFake.loaders.at(-1)).toMatchObject({ exif: 'ignore', decode: 'exact', resize: 'pillow' });
});

test('the model is the one that the record and the tensors name', async () => {
  const fifty = JSON.stringify({ ...record, arch: 'resnet50' });
  mockFake.files.set('fifty.pth', { arch: 'resnet50', headClasses: 2, record: fifty });
  await Predictor.load('fifty.pth');
  expect(mockFake.calls[0]).toBe('ResNet resnet50 classes=2 seed=0 layout=strided');
});

test('without a record the tensors alone tell the model', async () => {
  mockFake.files.set('plain.pth', { arch: 'resnet101', headClasses: 2 });
  await Predictor.load('plain.pth', { classes: ['ants', 'bees'] });
  expect(mockFake.calls[0]).toContain('ResNet resnet101 classes=2');
});

test('a record that names another model than the tensors are of is refused', async () => {
  const error = await rejection(Predictor.load(fileWith({ arch: 'resnet34' })));
  expect(error).toMatchObject({
    code: 'WEIGHTS_MISMATCH',
    message: 'The weight file "changed.pth" holds a resnet18, expected resnet34.',
  });
  expect(mockFake.live).toBe(0);
});

test('each image gets its classes, the most probable first, in the order of the images', async () => {
  const predictor = await Predictor.load('best.pth');
  const results = await predictor.predict(['a.jpg', Buffer.from('jpeg'), 'b.jpg'], { batchSize: 2 });
  expect(results).toHaveLength(3);
  expect(results[0]?.map(({ label, index }) => [label, index])).toEqual([
    ['bees', 1],
    ['ants', 0],
  ]);
  expect(mockFake.calls.filter((call) => call.startsWith('forward'))).toEqual(['forward 2', 'forward 1']);
  const [loader] = mockFake.loaders;
  expect(loader?.shuffle).toBe(false);
  expect(loader?.samples.map(({ path, bytes }) => [path, bytes !== undefined])).toEqual([
    ['a.jpg', false],
    ['image 1', true],
    ['b.jpg', false],
  ]);
});

test('frees all it made for a prediction, and the model with dispose', async () => {
  const predictor = await Predictor.load('best.pth');
  await predictor.predict(['a.jpg', 'b.jpg'], { batchSize: 1, topK: 1 });
  expect(mockFake.live).toBe(1);
  predictor.dispose();
  expect(mockFake.live).toBe(0);
  expect((await rejection(predictor.predict(['a.jpg']))).code).toBe('DISPOSED');
});

test('no images: no results, and nothing is read', async () => {
  expect(await (await Predictor.load('best.pth')).predict([])).toEqual([]);
  expect(mockFake.loaders).toEqual([]);
});

test('abort rejects with the reason and frees the loader', async () => {
  const predictor = await Predictor.load('best.pth');
  const abort = new AbortController();
  const predicted = predictor.predict(['a.jpg', 'b.jpg', 'c.jpg'], { batchSize: 1, signal: abort.signal });
  abort.abort('enough');
  expect(await rejection(predicted)).toBe('enough');
  expect(mockFake.live).toBe(1);
});

describe('a file without a record', () => {
  test('is refused, saying what to give', async () => {
    const error = await rejection(Predictor.load('bare.pth'));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.hint).toContain('classes');
    expect(mockFake.live).toBe(0);
  });

  test('predicts with the given classes and the tutorial preprocessing', async () => {
    const predictor = await Predictor.load('bare.pth', { classes: ['x', 'y'] });
    expect(predictor.transforms).toEqual([
      T.resize(256),
      T.centerCrop(224),
      T.toTensor(),
      T.normalize(T.IMAGENET),
    ]);
  });
});

describe('refusals', () => {
  test.each<[string, () => Promise<unknown>, string, string]>([
    [
      'a record of a later version',
      () => Predictor.load(fileWith({ version: 2 })),
      'WEIGHTS_UNSUPPORTED',
      'format version 2, expected 1',
    ],
    [
      'a record without classes',
      () => Predictor.load(fileWith({ classes: undefined })),
      'WEIGHTS_FORMAT',
      'classes',
    ],
    [
      'classes that are not as many as the head has',
      () => Predictor.load('best.pth', { classes: ['a', 'b', 'c'] }),
      'INVALID_ARGUMENT',
      '2 names',
    ],
    [
      'wrong transforms',
      () => Predictor.load('best.pth', { transforms: [] }),
      'INVALID_ARGUMENT',
      'toTensor',
    ],
    [
      'a batch size of 0',
      () => Predictor.load('best.pth', { batchSize: 0 }),
      'INVALID_ARGUMENT',
      '"batchSize"',
    ],
    ['a missing file', () => Predictor.load('none.pth'), 'WEIGHTS_NOT_FOUND', 'none.pth'],
    [
      'CUDA that is not there',
      () => Predictor.load('best.pth', { device: 'cuda' }),
      'CUDA_UNAVAILABLE',
      'no NVIDIA driver',
    ],
    [
      'an input that is no image',
      async () => (await Predictor.load('best.pth')).predict([3 as never]),
      'INVALID_ARGUMENT',
      'images[0]',
    ],
    [
      'topK 0',
      async () => (await Predictor.load('best.pth')).predict(['a'], { topK: 0 }),
      'INVALID_ARGUMENT',
      '"topK"',
    ],
  ])('%s', async (_, act, code, part) => {
    const error = await rejection(act());
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });

  test('a record that is no JSON', async () => {
    mockFake.files.set('broken.pth', { headClasses: 2, record: '{"version"' });
    expect((await rejection(Predictor.load('broken.pth'))).code).toBe('WEIGHTS_FORMAT');
  });
});

test('top-k: highest first, equals by index, no more than there are', () => {
  const row = new Float32Array([0.25, 0.5, 0.25]);
  expect(topK(row, ['a', 'b', 'c'], 2).map(({ label }) => label)).toEqual(['b', 'a']);
  expect(topK(row, ['a', 'b', 'c'], 9)).toHaveLength(3);
});
