import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ARCHITECTURES, architectureOf } from '../../lib/model/architecture';
import { type PrepareModelOptions, prepareModel } from '../../lib/model/prepare-model';
import { ResNet } from '../../lib/model/resnet';
import { ResNet18 } from '../../lib/model/resnet18';
import { StateDict } from '../../lib/model/state-dict';
import { findWeights, weightFolders } from '../../lib/model/weights';
import { PUBLISHED_WEIGHTS } from '../../lib/model/weights-catalogue';
import type { Architecture } from '../../lib/native/types';
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
  const { fileName, url, sha256 } = PUBLISHED_WEIGHTS.resnet18.IMAGENET1K_V1;
  const arch = 'resnet18';

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
    process.env['TORCHWING_OFFLINE'] = '1';
    const error = await rejection(findWeights('IMAGENET1K_V1', { arch }));
    expect(error.code).toBe('WEIGHTS_NOT_FOUND');
    expect(error.message).toContain('TORCHWING_OFFLINE');
    for (const folder of weightFolders()) expect(error.message).toContain(join(folder, fileName));
    for (const part of [url, sha256, '--weights none']) expect(error.hint).toContain(part);
  });

  test('whose file has another content are passed over, and its name is said', async () => {
    process.env['XDG_CACHE_HOME'] = temporaryFolder();
    process.env['TORCHWING_OFFLINE'] = '1';
    delete process.env['TORCH_HOME'];
    const folder = weightFolders()[0] ?? '';
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, fileName), 'half a file');
    const warn = jest.fn();
    const error = await rejection(findWeights('IMAGENET1K_V1', { arch, warn }));
    expect(error.code).toBe('WEIGHTS_NOT_FOUND');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatchObject({
      code: 'WEIGHTS_ALTERED',
      message: expect.stringContaining(join(folder, fileName)),
    });
  });

  test('a file and null stand for themselves', async () => {
    expect(await findWeights({ file: '/some.pth' }, { arch })).toBe('/some.pth');
    expect(await findWeights(null, { arch })).toBeNull();
  });
});

describe('the head', () => {
  const warnings: { code: string; message: string }[] = [];
  const options = (
    weights: string | null,
    arch: PrepareModelOptions['arch'] = 'resnet18',
  ): PrepareModelOptions => ({
    arch,
    weights,
    weightsPrefix: null,
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
      'ResNet resnet18 classes=1000 seed=3 layout=fast',
      'loadStateDict',
      'replaceHead 2 seed=3',
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(['HEAD_REPLACED']);
  });

  test('of the right width is kept', async () => {
    mockFake.files.set('two.pth', { headClasses: 2, record: '{"classes":["ants","bees"]}' });
    await prepareModel(options('two.pth'));
    expect(mockFake.calls).toEqual(['ResNet resnet18 classes=2 seed=3 layout=fast', 'loadStateDict']);
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
    expect(error.message).toBe(
      'The weights "five.pth" do not fit the model: wrong shape "fc.weight" received [5, 512] expected [2, 512].',
    );
    expect(error.hint).toContain('"ants", "bees"');
    expect(mockFake.live).toBe(0);
  });

  test('of another member of the family: every key is listed, and how to train that member', async () => {
    mockFake.files.set('fifty.pth', { arch: 'resnet50', headClasses: 1000 });
    const error = await rejection(prepareModel(options('fifty.pth', 'resnet34')));
    expect(error).toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      message: 'The weights "fifty.pth" do not fit the model: missing "a".',
      hint: 'They are those of a resnet50: set model.arch to "resnet50" (--arch resnet50), or use weights of a resnet34.',
    });
    expect(mockFake.live).toBe(0);
    mockFake.calls.length = 0;
    await prepareModel(options('fifty.pth', 'resnet50'));
    expect(mockFake.calls).toContain('ResNet resnet50 classes=1000 seed=3 layout=fast');
  });

  test('a prefix reaches the reader', async () => {
    mockFake.files.set('two.pth', { headClasses: 2 });
    await prepareModel({ ...options('two.pth'), weightsPrefix: 'backbone.' });
    expect(mockFake.calls[0]).toBe('read two.pth prefix=backbone.');
  });

  test('random weights come from the seed', async () => {
    await prepareModel(options(null));
    expect(mockFake.calls).toEqual(['ResNet resnet18 classes=2 seed=3 layout=fast']);
  });

  test('remarks of the reader reach the user', async () => {
    mockFake.files.set('two.pth', { headClasses: 2, notes: ['Converted from float16.'] });
    await prepareModel(options('two.pth'));
    expect(warnings).toEqual([{ code: 'WEIGHTS_NOTE', message: 'Converted from float16.' }]);
  });
});

describe('the architecture of a state dict', () => {
  const entries = (arch: Architecture) => {
    mockFake.files.set('any.pth', { arch, headClasses: 2 });
    return StateDict.read('any.pth').then((state) => state.entries);
  };

  test.each(ARCHITECTURES)('is told by its tensors: %s', async (arch) => {
    expect(architectureOf(await entries(arch))).toBe(arch);
  });

  test("is nobody's with other widths under the same names, with a block less, or without any", async () => {
    const fifty = await entries('resnet50');
    const wide = fifty.map((entry) =>
      entry.name === 'layer1.0.conv2.weight' ? { ...entry, shape: [128, 128, 3, 3] } : entry,
    );
    const shorter = fifty.filter(({ name }) => name !== 'layer3.5.conv1.weight');
    for (const other of [wide, shorter, []]) expect(architectureOf(other)).toBeNull();
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

  test('ResNet is made by its arch, which ResNet18 fixes', async () => {
    const large = await ResNet.create({ arch: 'resnet101', classes: 3, seed: 4 });
    const small = await ResNet18.create({ classes: 2 });
    expect([large.arch, small.arch]).toEqual(['resnet101', 'resnet18']);
    expect(small).toBeInstanceOf(ResNet);
    expect(mockFake.calls).toEqual([
      'ResNet resnet101 classes=3 seed=4 layout=fast',
      'ResNet resnet18 classes=2 seed=0 layout=fast',
    ]);
  });

  test('ResNet refuses an arch outside the family', async () => {
    const error = await rejection(ResNet.create({ arch: 'resnet19' as never, classes: 2 }));
    expect(error.message).toBe(
      'Invalid value for "arch": received "resnet19", expected one of resnet18, resnet34, resnet50, resnet101, resnet152.',
    );
  });

  test('StepLR refuses a step size of 0', async () => {
    const error = await rejection(StepLR.create({ native: {} } as never, { stepSize: 0 }));
    expect(error.message).toBe('Invalid value for "stepSize": received 0, expected an integer >= 1.');
  });

  test('loadStateDict is strict unless told otherwise, and returns the keys', async () => {
    mockFake.files.set('two.pth', { headClasses: 2 });
    const [model, state] = [await ResNet18.create({ classes: 2 }), await StateDict.read('two.pth')];
    expect(await model.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(await model.loadStateDict(state, { strict: false })).toEqual({
      missingKeys: [],
      unexpectedKeys: ['extra'],
    });
  });

  test.each([
    ['a.pth', undefined, 'pth'],
    ['a.Safetensors', undefined, 'safetensors'],
    ['a.safetensors', 'pth', 'pth'],
    ['a', 'safetensors', 'safetensors'],
  ] as const)('StateDict.save to %s with format %s writes %s', async (path, format, expected) => {
    mockFake.files.set('two.pth', { headClasses: 2 });
    const state = await StateDict.read('two.pth');
    await state.save(path, '{}', format === undefined ? {} : { format });
    expect(mockFake.saved.map((saved) => saved.format)).toEqual([expected]);
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
