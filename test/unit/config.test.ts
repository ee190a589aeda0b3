import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { configJsonSchema } from '../../lib/config/json-schema';
import { loadConfigFile } from '../../lib/config/load-file';
import { mergeConfig } from '../../lib/config/merge';
import { resolveConfig } from '../../lib/config/resolve';
import type { TrainerConfig } from '../../lib/config/types';
import * as T from '../../lib/data/transforms';
import { rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

afterAll(removeTemporaryFolders);

const data = { dir: '/photos' };

function problem(config: unknown): { code?: string; message?: string; hint?: string } {
  try {
    resolveConfig(config);
  } catch (error) {
    return error as { code: string; message: string; hint?: string };
  }
  throw new Error('Expected the configuration to be refused.');
}

describe('defaults', () => {
  test('are those of the tutorial', () => {
    const config = resolveConfig({ data });
    expect(config).toMatchObject({
      version: 1,
      mode: 'finetune',
      model: {
        arch: 'resnet18',
        weights: 'IMAGENET1K_V1',
        weightsPrefix: null,
        layout: 'fast',
        frozenBatchNorm: 'tutorial',
      },
      loss: { labelSmoothing: 0, onBadLoss: 'stop', rollback: { lrFactor: 0.1, max: 3 } },
      optimizer: { type: 'sgd', lr: 1e-3, momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: false },
      scheduler: { type: 'step', stepSize: 7, gamma: 0.1 },
      epochs: 25,
      device: 'auto',
      threads: 'auto',
      seed: 0,
      output: null,
      overwrite: false,
    });
    expect(config.data).toMatchObject({ batchSize: 4, dropLast: false, onBadImage: 'error', imageSize: 224 });
    expect(config.data.mix).toEqual({ mixupAlpha: 0, cutmixAlpha: 0 });
    expect(config.data.transforms).toEqual({
      train: [T.randomResizedCrop(224), T.randomHorizontalFlip(), T.toTensor(), T.normalize(T.IMAGENET)],
      val: [T.resize(256), T.centerCrop(224), T.toTensor(), T.normalize(T.IMAGENET)],
    });
  });

  test('workers are four, but no more than the cores', () => {
    expect(resolveConfig({ data }).data.workers).toBe(Math.min(4, availableParallelism()));
  });

  test('transforms follow the image size', () => {
    const { transforms } = resolveConfig({ data: { ...data, imageSize: 64 } }).data;
    expect(transforms.train[0]).toEqual(T.randomResizedCrop(64));
    expect(transforms.val.slice(0, 2)).toEqual([T.resize(73), T.centerCrop(64)]);
  });

  test('the arch is one of the family', () => {
    expect(resolveConfig({ data, model: { arch: 'resnet152' } }).model.arch).toBe('resnet152');
    expect(problem({ data, model: { arch: 'resnet19' } }).message).toContain('"resnet34" or "resnet50"');
  });

  test('a null scheduler stays null', () => {
    expect(resolveConfig({ data, scheduler: null }).scheduler).toBeNull();
  });
});

describe('a resolved configuration', () => {
  const custom = [T.centerCrop(96), T.toTensor()];
  test.each<[string, TrainerConfig]>([
    ['of the defaults', { data }],
    ['of a split folder', { data: { dir: 'photos', valSplit: 0.2 }, seed: 5 }],
    ['of a list', { data: { train: { list: [{ path: 'a.jpg', label: 'x' }] }, val: { dir: 'v' } } }],
    ['of mixed batches', { data: { ...data, mix: { cutmixAlpha: 1 } }, loss: { labelSmoothing: 0.1 } }],
    ['of transforms of another size', { data: { ...data, transforms: { val: custom } } }],
    ['of transforms of one other size', { data: { ...data, transforms: { train: custom, val: custom } } }],
    ['of a published data set', { data: { dataset: 'hymenoptera' }, model: { weights: 'IMAGENET1K_V1' } }],
    ['of a weight file', { data, model: { weights: { file: 'w.pth' } }, scheduler: null, output: 'runs/1' }],
  ])('%s resolves to itself', (_, config) => {
    const resolved = resolveConfig(config, { baseDir: '/work' });
    expect(resolveConfig(JSON.parse(JSON.stringify(resolved)), { baseDir: '/elsewhere' })).toEqual(resolved);
  });

  test('has absolute paths', () => {
    const config = resolveConfig(
      { data: { dir: 'photos' }, model: { weights: { file: 'w.pth' } }, output: 'out' },
      { baseDir: '/base' },
    );
    expect(config.data.train).toEqual({ dir: '/base/photos/train' });
    expect(config.data.val).toEqual({ dir: '/base/photos/val' });
    expect(config.model.weights).toEqual({ file: '/base/w.pth' });
    expect(config.output).toBe('/base/out');
  });
});

describe('refusals name the option, what was received and what was expected', () => {
  const crop = { type: 'centerCrop', size: 64 };
  test.each<[unknown, string]>([
    [undefined, 'Invalid value for "config": received nothing, expected a configuration object.'],
    [
      {},
      'Invalid value for "data": received nothing, expected an object with "dir", with "dataset", or with "train" and "val".',
    ],
    [
      { data: {} },
      'Invalid value for "data.train": received nothing, expected a source, or data.dir for both phases.',
    ],
    [{ data: { dir: '' } }, 'Invalid value for "data.dir": received "", expected a path that is not empty.'],
    [
      { data: { ...data, valSplit: 1 } },
      'Invalid value for "data.valSplit": received 1, expected a number > 0 and < 1.',
    ],
    [
      { data: { ...data, train: { dir: 'x' } } },
      'Invalid value for "data.train": received {"dir":"x"}, expected no data.train beside data.dir.',
    ],
    [
      { data: { train: { folder: 'x' }, val: { dir: 'x' } } },
      'Invalid value for "data.train": received {"folder":"x"}, expected { dir }, { dir, split, valSplit }, { dataset, split } or { list: [{ path, label }] }.',
    ],
    [
      { data: { train: { list: [{ path: 'a.jpg', label: 3 }] }, val: { dir: 'x' } } },
      'Invalid value for "data.train.list[0].label": received 3, expected a class name.',
    ],
    [
      { data: { ...data, batchSize: 0 } },
      'Invalid value for "data.batchSize": received 0, expected an integer from 1 to 65536.',
    ],
    [
      { data: { ...data, workers: 2.5 } },
      'Invalid value for "data.workers": received 2.5, expected an integer from 1 to 256.',
    ],
    [
      { data: { ...data, onBadImage: 'ignore' } },
      'Invalid value for "data.onBadImage": received "ignore", expected "error" or "skip" or "replace".',
    ],
    [
      { data: { ...data, mix: { mixupAlpha: -1 } } },
      'Invalid value for "data.mix.mixupAlpha": received -1, expected a finite number >= 0.',
    ],
    [
      { data: { ...data, mix: { alpha: 1 } } },
      'Invalid value for "data.mix.alpha": received 1, expected no option of this name.',
    ],
    [
      { data, loss: { labelSmoothing: 1.1 } },
      'Invalid value for "loss.labelSmoothing": received 1.1, expected a number from 0 to 1.',
    ],
    [
      { data, loss: { rollback: { lrFactor: 1 } } },
      'Invalid value for "loss.rollback.lrFactor": received 1, expected a number > 0 and < 1.',
    ],
    [
      { data: { ...data, imageSize: 8 } },
      'Invalid value for "data.imageSize": received 8, expected an integer from 16 to 4096.',
    ],
    [
      { data: { ...data, imageSize: 32, transforms: { val: [crop, { type: 'toTensor' }] } } },
      'Invalid value for "data.imageSize": received 32, expected the size that data.transforms give (64 x 64), or no data.transforms.',
    ],
    [
      { data: { ...data, transforms: { train: [{ type: 'blur' }] } } },
      'Invalid value for "data.transforms.train[0].type": received "blur", expected an object whose "type" is resize, centerCrop, randomResizedCrop, pad, randomCrop, randomHorizontalFlip, randomVerticalFlip, colorJitter, randomRotation, grayscale, randomGrayscale, randAugment, trivialAugmentWide, toTensor, normalize or randomErasing.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'randomHorizontalFlip', p: 2 }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].p": received 2, expected a number from 0 to 1.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'resize', size: 64, maxSize: 64 }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].maxSize": received 64, expected more than a "size" that is one number.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'pad', padding: [1, 2, 3] }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].padding": received [1,2,3], expected an integer from 0 to 4096, or two or four of them.',
    ],
    [
      {
        data: {
          ...data,
          transforms: {
            train: [{ type: 'pad', padding: 1, paddingMode: 'wrap' }, crop, { type: 'toTensor' }],
          },
        },
      },
      'Invalid value for "data.transforms.train[0].paddingMode": received "wrap", expected "constant" or "edge" or "reflect" or "symmetric".',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'colorJitter', hue: 0.6 }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].hue": received 0.6, expected a number from 0 to 0.5, or [min, max] with -0.5 <= min <= max <= 0.5.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'randomRotation', degrees: [9, 3] }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].degrees": received [9,3], expected a number >= 0, or [min, max] with min <= max.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'randAugment', magnitude: 31 }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].magnitude": received 31, expected less than numMagnitudeBins, which is 31.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'randAugment', fill: [1, 2, 256] }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].fill[2]": received 256, expected an integer from 0 to 255.',
    ],
    [
      {
        data: {
          ...data,
          transforms: { train: [{ type: 'grayscale', numOutputChannels: 1 }, crop, { type: 'toTensor' }] },
        },
      },
      'Invalid value for "data.transforms.train[0].numOutputChannels": received 1, expected 3, the channels that a model sees.',
    ],
    [
      { data: { ...data, transforms: { val: [crop] } } },
      'Invalid value for "data.transforms.val": received [{"type":"centerCrop","size":64}], expected a list with one toTensor.',
    ],
    [
      { data: { ...data, transforms: { val: [{ type: 'toTensor' }, crop] } } },
      'Invalid value for "data.transforms.val": received [{"type":"toTensor"},{"type":"centerCrop","size":64}], expected nothing but normalize and randomErasing after toTensor (found centerCrop).',
    ],
    [
      { data: { ...data, transforms: { val: [{ type: 'resize', size: 64 }, { type: 'toTensor' }] } } },
      'Invalid value for "data.transforms.val": received [{"type":"resize","size":64},{"type":"toTensor"}], expected a transform that gives every image one size: centerCrop, randomCrop, randomResizedCrop or resize to [height, width].',
    ],
    [
      { data, version: 2 },
      'Invalid value for "version": received 2, expected 1, the only version that this torchwing reads.',
    ],
    [{ data, mode: 'fe' }, 'Invalid value for "mode": received "fe", expected "finetune" or "extractor".'],
    [
      { data, model: { weights: 'IMAGENET' } },
      'Invalid value for "model.weights": received "IMAGENET", expected "IMAGENET1K_V1", "IMAGENET1K_V2", { file } or null for random weights.',
    ],
    [
      { data, model: { weights: 'IMAGENET1K_V2' } },
      'Invalid value for "model.weights": received "IMAGENET1K_V2", expected "IMAGENET1K_V1" (there is no other name for this model.arch), { file } or null for random weights.',
    ],
    [
      { data: { dataset: 'cats' } },
      'Invalid value for "data.dataset": received "cats", expected "hymenoptera".',
    ],
    [
      { data: { dataset: 'hymenoptera', dir: 'x' } },
      'Invalid value for "data.dir": received "x", expected no data.dir beside data.dataset.',
    ],
    [
      { data, optimizer: { lr: -1 } },
      'Invalid value for "optimizer.lr": received -1, expected a finite number > 0.',
    ],
    [
      { data, optimizer: { lr: Number.POSITIVE_INFINITY } },
      'Invalid value for "optimizer.lr": received Infinity, expected a finite number > 0.',
    ],
    [
      { data, optimizer: { lr: '0.1' } },
      'Invalid value for "optimizer.lr": received "0.1", expected a finite number > 0.',
    ],
    [
      { data, optimizer: { momentum: Number.NaN } },
      'Invalid value for "optimizer.momentum": received NaN, expected a finite number >= 0.',
    ],
    [
      { data, optimizer: { nesterov: true, momentum: 0 } },
      'Invalid value for "optimizer.nesterov": received true, expected false, or momentum > 0 and dampening 0.',
    ],
    [
      { data, optimizer: { learningRate: 1 } },
      'Invalid value for "optimizer.learningRate": received 1, expected no option of this name.',
    ],
    [
      { data, scheduler: { stepSize: 0 } },
      'Invalid value for "scheduler.stepSize": received 0, expected an integer >= 1.',
    ],
    [{ data, epochs: 0 }, 'Invalid value for "epochs": received 0, expected an integer >= 1.'],
    [
      { data, device: 'gpu' },
      'Invalid value for "device": received "gpu", expected "auto", "cpu", "cuda" or "cuda:<index>".',
    ],
    [
      { data, threads: 0 },
      'Invalid value for "threads": received 0, expected an integer from 1 to 1024, or "auto".',
    ],
    [{ data, seed: -1 }, 'Invalid value for "seed": received -1, expected an integer >= 0.'],
    [{ data, output: 3 }, 'Invalid value for "output": received 3, expected a path.'],
    [{ data, epoch: 3 }, 'Invalid value for "epoch": received 3, expected no option of this name.'],
  ])('%j', (config, message) => {
    expect(problem(config)).toMatchObject({ code: 'INVALID_CONFIG', message });
  });

  test('several problems: the first is the message, the others are counted and listed in the hint', () => {
    const { message, hint } = problem({ data, optimizer: { lr: -1 }, epochs: 0, seed: 'x' });
    expect(message).toContain('"optimizer.lr"');
    expect(hint).toMatch(/^2 more problems:\n.*"epochs".*\n.*"seed"/);
  });

  test('a value that JSON cannot show is still a plain refusal', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(problem({ data, mode: cycle }).message).toContain('received an object');
    expect(problem({ data, seed: 1n }).message).toContain('received 1n');
  });
});

describe('config files', () => {
  test('JSON, with paths relative to the file', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'deep'));
    const file = join(folder, 'deep', 'config.json');
    writeFileSync(
      file,
      JSON.stringify({
        data: { train: { list: [{ path: 'a.jpg', label: 'x' }] }, val: { dir: '../val' } },
        model: { weights: { file: 'w.pth' } },
        output: '/abs',
      }),
    );
    expect(await loadConfigFile(file)).toEqual({
      data: {
        train: { list: [{ path: join(folder, 'deep/a.jpg'), label: 'x' }] },
        val: { dir: join(folder, 'val') },
      },
      model: { weights: { file: join(folder, 'deep/w.pth') } },
      output: '/abs',
    });
  });

  test('JavaScript with module.exports', async () => {
    const file = join(temporaryFolder(), 'config.cjs');
    writeFileSync(file, 'module.exports = { data: { dir: "/photos" }, epochs: 1 + 2 };');
    expect(await loadConfigFile(file)).toEqual({ data, epochs: 3 });
  });

  test.each([
    ['missing.json', null, 'CONFIG_NOT_FOUND', 'does not exist'],
    ['broken.json', '{ "data": ', 'INVALID_CONFIG', 'broken.json'],
    ['list.json', '[]', 'INVALID_CONFIG', 'received a list'],
    ['config.yaml', 'data: x', 'INVALID_CONFIG', 'received the extension ".yaml"'],
    ['throws.cjs', 'throw new Error("boom")', 'INVALID_CONFIG', 'boom'],
  ])('%s is refused', async (name, text, code, part) => {
    const file = join(temporaryFolder(), name);
    if (text !== null) writeFileSync(file, text);
    const error = await rejection(loadConfigFile(file));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });
});

describe('command line over file', () => {
  test('a field wins, its neighbours stay', () => {
    expect(mergeConfig({ data, optimizer: { lr: 1, momentum: 0.5 } }, { optimizer: { lr: 2 } })).toEqual({
      data,
      optimizer: { lr: 2, momentum: 0.5 },
    });
  });

  test('a folder replaces the sources in whatever form', () => {
    const merged = mergeConfig(
      { data: { train: { dir: 'a' }, val: { dir: 'b' }, batchSize: 8 } },
      { data: { dir: 'c' } },
    );
    expect(merged.data).toEqual({ dir: 'c', batchSize: 8 });
  });

  test('a data set replaces the sources, and is replaced by a folder', () => {
    const merged = mergeConfig(
      { data: { dir: 'a', valSplit: 0.2, batchSize: 8 } },
      { data: { dataset: 'hymenoptera' } },
    );
    expect(merged.data).toEqual({ dataset: 'hymenoptera', batchSize: 8 });
    expect(mergeConfig(merged, { data: { dir: 'c' } }).data).toEqual({ dir: 'c', batchSize: 8 });
  });

  test('other weights are not mixed with the old ones', () => {
    const merged = mergeConfig({ data, model: { weights: { file: 'a' } } }, { model: { weights: null } });
    expect(merged.model?.weights).toBeNull();
  });

  test('undefined leaves the field as it is', () => {
    expect(mergeConfig({ data, epochs: 3 }, { epochs: undefined } as never).epochs).toBe(3);
  });
});

test('the JSON Schema requires data only and knows every option', () => {
  const schema = configJsonSchema() as {
    required: string[];
    properties: object;
    additionalProperties: boolean;
  };
  expect(schema.required).toEqual(['data']);
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(resolveConfig({ data })).sort());
});
