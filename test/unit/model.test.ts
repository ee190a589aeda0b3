import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type PrepareModelOptions, prepareModel } from '../../lib/model/prepare-model';
import { ResNet18 } from '../../lib/model/resnet18';
import { StateDict } from '../../lib/model/state-dict';
import { findWeights, weightFolders } from '../../lib/model/weights';
import { PUBLISHED_WEIGHTS } from '../../lib/model/weights-catalogue';
import { StepLR } from '../../lib/optim/step-lr';
import { Tensor } from '../../lib/tensor';
import { FakeNative } from './fake-native';
import { rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
}));

const environment = { ...process.env };
afterAll(removeTemporaryFolders);
beforeEach(() => {
  mockFake = new FakeNative();
});
afterEach(() => {
  process.env = { ...environment };
});

describe('weights by name', () => {
  const { fileName, url, sha256 } = PUBLISHED_WEIGHTS.IMAGENET1K_V1;

  test('are looked for where Python keeps them, then in our own cache', () => {
    delete process.env['TORCH_HOME'];
    process.env['XDG_CACHE_HOME'] = '/cache';
    expect(weightFolders()).toEqual(['/cache/torch/hub/checkpoints', '/cache/torchwing/weights']);
    process.env['TORCH_HOME'] = '/torch';
    expect(weightFolders()).toEqual(['/torch/hub/checkpoints', '/cache/torchwing/weights']);
    delete process.env['TORCH_HOME'];
    delete process.env['XDG_CACHE_HOME'];
    expect(weightFolders()[0]).toBe(join(homedir(), '.cache/torch/hub/checkpoints'));
  });

  test('that are nowhere: the message has the places, the hint the URL, the hash and the way out', async () => {
    process.env['XDG_CACHE_HOME'] = temporaryFolder();
    const error = await rejection(findWeights('IMAGENET1K_V1'));
    expect(error.code).toBe('WEIGHTS_NOT_FOUND');
    for (const folder of weightFolders()) expect(error.message).toContain(join(folder, fileName));
    for (const part of [url, sha256, '--weights none']) expect(error.hint).toContain(part);
  });

  test('whose file has another content are refused by its name', async () => {
    process.env['XDG_CACHE_HOME'] = temporaryFolder();
    delete process.env['TORCH_HOME'];
    const folder = weightFolders()[0] ?? '';
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, fileName), 'half a file');
    const error = await rejection(findWeights('IMAGENET1K_V1'));
    expect(error.code).toBe('WEIGHTS_FORMAT');
    expect(error.message).toContain(join(folder, fileName));
  });

  test('a file and null stand for themselves', async () => {
    expect(await findWeights({ file: '/some.pth' })).toBe('/some.pth');
    expect(await findWeights(null)).toBeNull();
  });
});

describe('the head', () => {
  const warnings: { code: string; message: string }[] = [];
  const options = (weights: string | null): PrepareModelOptions => ({
    weights,
    classes: ['ants', 'bees'],
    seed: 3,
    layout: 'fast',
    warn: (warning) => void warnings.push(warning),
  });
  beforeEach(() => {
    warnings.length = 0;
  });

  test('of ImageNet is replaced, drawn from the seed, and the user is told', async () => {
    mockFake.files.set('imagenet.pth', { headClasses: 1000 });
    await prepareModel(options('imagenet.pth'));
    expect(mockFake.calls).toEqual([
      'ResNet18 classes=1000 seed=3 layout=fast',
      'loadStateDict',
      'replaceHead 2 seed=3',
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(['HEAD_REPLACED']);
  });

  test('of the right width is kept', async () => {
    mockFake.files.set('two.pth', { headClasses: 2, record: '{"classes":["ants","bees"]}' });
    await prepareModel(options('two.pth'));
    expect(mockFake.calls).toEqual(['ResNet18 classes=2 seed=3 layout=fast', 'loadStateDict']);
    expect(warnings).toEqual([]);
  });

  test('kept, but trained for other names: the user is told', async () => {
    mockFake.files.set('cats.pth', { headClasses: 2, record: '{"classes":["cats","dogs"]}' });
    await prepareModel(options('cats.pth'));
    expect(warnings.map(({ code }) => code)).toEqual(['HEAD_CLASSES_DIFFER']);
  });

  test('of any other width does not fit, and nothing is left behind', async () => {
    mockFake.files.set('five.pth', { headClasses: 5 });
    const error = await rejection(prepareModel(options('five.pth')));
    expect(error).toMatchObject({ code: 'WEIGHTS_MISMATCH' });
    expect(error.message).toContain('have 5 classes, expected 2');
    expect(mockFake.live).toBe(0);
  });

  test('random weights come from the seed', async () => {
    await prepareModel(options(null));
    expect(mockFake.calls).toEqual(['ResNet18 classes=2 seed=3 layout=fast']);
  });

  test('remarks of the reader reach the user', async () => {
    mockFake.files.set('two.pth', { headClasses: 2, notes: ['Converted from float16.'] });
    await prepareModel(options('two.pth'));
    expect(warnings).toEqual([{ code: 'WEIGHTS_NOTE', message: 'Converted from float16.' }]);
  });
});

describe('handles', () => {
  test('reject with DISPOSED after dispose, which may be called twice', async () => {
    const model = await ResNet18.create({ classes: 2 });
    model.dispose();
    model.dispose();
    expect(mockFake.live).toBe(0);
    expect(await rejection(model.eval())).toMatchObject({
      code: 'DISPOSED',
      message: 'This ResNet18 was disposed and cannot be used again.',
    });
  });

  test('work with using, where the symbols exist', async () => {
    const model = await ResNet18.create({ classes: 2 });
    model[Symbol.dispose]();
    expect(model.disposed).toBe(true);
    const other = await ResNet18.create({ classes: 2 });
    await other[Symbol.asyncDispose]();
    expect(mockFake.live).toBe(0);
  });

  test('turn what the addon throws into TorchwingError', async () => {
    expect(await rejection(StateDict.read('none.pth'))).toMatchObject({
      name: 'TorchwingError',
      code: 'WEIGHTS_NOT_FOUND',
    });
  });

  test.each([1, 0, 2.5, Number.NaN])('ResNet18 refuses %p classes', async (classes) => {
    expect((await rejection(ResNet18.create({ classes }))).code).toBe('INVALID_ARGUMENT');
  });

  test('StepLR refuses a step size of 0', async () => {
    const error = await rejection(StepLR.create({ native: {} } as never, { stepSize: 0 }));
    expect(error.message).toBe('Invalid value for "stepSize": received 0, expected an integer >= 1.');
  });

  test('StateDict.tensor names what it does not have', async () => {
    mockFake.files.set('two.pth', { headClasses: 2 });
    const state = await StateDict.read('two.pth');
    expect((await rejection(state.tensor('fc.wait'))).message).toContain('"fc.wait"');
  });
});

describe('Tensor.from', () => {
  test('takes its copy before it returns', async () => {
    const values = new Float32Array([1, 2]);
    const made = Tensor.from(values, [2]);
    values[0] = 9;
    const tensor = await made;
    expect([...((await tensor.data()) as Float32Array)]).toEqual([1, 2]);
  });

  test('takes a view of a larger buffer for what it shows', async () => {
    const tensor = await Tensor.from(new Float32Array([0, 1, 2, 3]).subarray(1, 3), [2]);
    expect([...((await tensor.data()) as Float32Array)]).toEqual([1, 2]);
  });

  test.each<[string, () => Promise<Tensor>, string]>([
    [
      'data that does not fill the shape',
      () => Tensor.from(new Float32Array(3), [2, 2]),
      'received 12 bytes, expected 16',
    ],
    ['a negative size', () => Tensor.from(new Float32Array(0), [-1]), 'expected integers >= 0'],
    ['16-bit data without a dtype', () => Tensor.from(new Uint16Array(2), [2]), '"dtype"'],
    [
      'an unknown dtype',
      () => Tensor.from(new Uint8Array(2), [2], { dtype: 'int4' as never }),
      'received int4',
    ],
  ])('refuses %s', async (_, make, part) => {
    const error = await rejection(make());
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(part);
  });
});
