import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultRunFolder } from '../../lib/cli/run-folder-name';
import { trainConfig } from '../../lib/cli/train-config';
import { resolveConfig } from '../../lib/config/resolve';

const NOW = new Date(2026, 0, 2, 3, 4, 5);

describe('trainConfig', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'torchwing-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(config: unknown): string {
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  test('says only what was asked for, and where the run goes', async () => {
    await expect(trainConfig({ data: 'photos', 'batch-size': 8, 'step-size': 3 }, NOW)).resolves.toEqual({
      data: { dir: 'photos', batchSize: 8 },
      scheduler: { stepSize: 3 },
      output: join('runs', '20260102-030405-finetune'),
    });
  });

  test('hands on how images are read', async () => {
    const flags = {
      data: 'photos',
      exif: 'apply',
      decode: 'scaled',
      resize: 'tensor',
      'cache-decoded': '1.5 GiB',
    } as const;
    expect(resolveConfig(await trainConfig(flags, NOW)).data).toMatchObject({
      exif: 'apply',
      decode: 'scaled',
      resize: 'tensor',
      cache: { decoded: 1.5 * 2 ** 30 },
    });
    const wrong = trainConfig({ ...flags, 'cache-decoded': 'much' }, NOW);
    expect(() => resolveConfig({ data: { dir: 'x', cache: { decoded: 'much' } } })).toThrow(
      'Invalid value for "data.cache.decoded": received "much", expected a number of bytes >= 0, or a text such as "512MB" or "2GiB".',
    );
    await expect(wrong.then(resolveConfig)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  test('knows names, files and none as weights', async () => {
    const weights = async (text: string) =>
      (await trainConfig({ data: 'x', weights: text }, NOW)).model?.weights;
    expect(await weights('none')).toBeNull();
    expect(await weights('IMAGENET1K_V1')).toBe('IMAGENET1K_V1');
    expect(await weights('some.pth')).toEqual({ file: 'some.pth' });
  });

  test('puts flags over the file and the file over the defaults', async () => {
    const config = write({
      data: { dir: 'photos', batchSize: 8 },
      optimizer: { lr: 0.5, momentum: 0.1 },
      epochs: 9,
    });
    const resolved = resolveConfig(await trainConfig({ config, lr: 0.25, output: folder }, NOW));
    expect(resolved.optimizer).toMatchObject({ lr: 0.25, momentum: 0.1, weightDecay: 0 });
    expect(resolved.data.batchSize).toBe(8);
    expect(resolved.data.train).toEqual({ dir: join(folder, 'photos', 'train') });
    expect(resolved.epochs).toBe(9);
    expect(resolved.output).toBe(folder);
  });

  test('puts one alpha beside that of the file', async () => {
    const config = write({ data: { dir: 'photos', mix: { mixupAlpha: 0.2 } } });
    const flags = { config, 'cutmix-alpha': 1, 'label-smoothing': 0.1 };
    const resolved = resolveConfig(await trainConfig(flags, NOW));
    expect(resolved.data.mix).toEqual({ mixupAlpha: 0.2, cutmixAlpha: 1 });
    expect(resolved.loss.labelSmoothing).toBe(0.1);
  });

  test('puts what a rollback does beside what the file says of the loss', async () => {
    const config = write({ data: { dir: 'photos' }, loss: { labelSmoothing: 0.1, rollback: { max: 7 } } });
    const flags = { config, 'on-bad-loss': 'rollback', 'rollback-lr-factor': 0.5 } as const;
    const { loss } = resolveConfig(await trainConfig(flags, NOW));
    expect(loss).toEqual({
      labelSmoothing: 0.1,
      onBadLoss: 'rollback',
      rollback: { lrFactor: 0.5, max: 7 },
    });
    const limited = resolveConfig(await trainConfig({ config, 'max-rollbacks': 1 }, NOW));
    expect(limited.loss.rollback).toEqual({ lrFactor: 0.1, max: 1 });
  });

  test('says how often there are checkpoints, and which are kept', async () => {
    const { checkpoint } = resolveConfig(await trainConfig({ data: 'photos' }, NOW));
    expect(checkpoint).toEqual({
      everyEpochs: 0,
      everySteps: 0,
      everySeconds: 600,
      keepLast: 2,
      keepBest: true,
    });
    const flags = {
      ...{ 'checkpoint-every-epochs': 3, 'checkpoint-every-steps': 4, 'checkpoint-every-seconds': 5 },
      ...{ 'checkpoint-keep-last': 6, 'no-checkpoint-keep-best': true },
    };
    expect(resolveConfig(await trainConfig({ data: 'photos', ...flags }, NOW)).checkpoint).toEqual({
      ...{ everyEpochs: 3, everySteps: 4, everySeconds: 5, keepLast: 6, keepBest: false },
    });
    const config = write({ data: { dir: 'photos' }, checkpoint: { keepLast: 9, keepBest: false } });
    const { checkpoint: kept } = resolveConfig(
      await trainConfig({ config, 'checkpoint-every-steps': 4 }, NOW),
    );
    expect(kept).toMatchObject({ everySteps: 4, keepLast: 9, keepBest: false });
  });

  test('turns CUDA graphs on', async () => {
    expect(resolveConfig(await trainConfig({ data: 'photos' }, NOW)).cudaGraph).toBe(false);
    expect(resolveConfig(await trainConfig({ data: 'photos', 'cuda-graph': true }, NOW)).cudaGraph).toBe(
      true,
    );
  });

  test('takes the output of the file when no flag names one', async () => {
    const config = write({ data: { dir: 'photos' }, output: 'here' });
    expect((await trainConfig({ config }, NOW)).output).toBe(join(folder, 'here'));
  });

  test('makes new transforms for --image-size over a finished configuration', async () => {
    const finished = resolveConfig({ data: { dir: 'photos', imageSize: 64 } }, { baseDir: folder });
    const config = write({ ...finished, output: undefined });
    const resolved = resolveConfig(await trainConfig({ config, 'image-size': 32 }, NOW));
    expect(resolved.data.imageSize).toBe(32);
    expect(resolved.data.transforms.val[1]).toEqual({ type: 'centerCrop', size: 32 });
  });

  test('puts --data in place of the sources of a finished configuration', async () => {
    const finished = resolveConfig({ data: { dir: 'photos' } }, { baseDir: folder });
    const config = write({ ...finished, output: undefined });
    const resolved = resolveConfig(await trainConfig({ config, data: '/elsewhere' }, NOW));
    expect(resolved.data.train).toEqual({ dir: '/elsewhere/train' });
  });

  describe('of a run that goes on', () => {
    const settings = { data: { dir: 'photos' }, optimizer: { lr: 0.5 }, epochs: 9 };
    const checkpoint = () => join(folder, 'checkpoint-0001-train-000002.pth');

    test('has the settings of the folder and goes on in it', async () => {
      write(settings);
      const byFolder = await trainConfig({ resume: 'auto', output: folder }, NOW);
      expect(byFolder).toMatchObject({ optimizer: { lr: 0.5 }, epochs: 9, output: folder });
      expect(await trainConfig({ resume: checkpoint() }, NOW)).toEqual(byFolder);
    });

    test('has those beside the checkpoint also where it goes on in another folder', async () => {
      write(settings);
      const output = join(folder, 'new');
      const config = await trainConfig({ resume: checkpoint(), output, epochs: 12 }, NOW);
      expect(config).toMatchObject({ optimizer: { lr: 0.5 }, epochs: 12, output });
      expect(resolveConfig(config).data.train).toEqual({ dir: join(folder, 'photos', 'train') });
    });

    test('may begin in a folder that is not there yet', async () => {
      const output = join(folder, 'new');
      const config = await trainConfig({ data: 'photos', resume: 'auto', output }, NOW);
      expect(config).toEqual({ data: { dir: 'photos' }, output });
    });

    test('needs a folder or a checkpoint', async () => {
      const wanted = trainConfig({ data: 'photos', resume: 'auto' }, NOW);
      await expect(wanted).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('--output DIR beside --resume auto'),
        hint: expect.stringContaining('--resume DIR/checkpoint-'),
      });
    });
  });

  test('asks for data when there is none', async () => {
    await expect(trainConfig({}, NOW)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(trainConfig({ epochs: 2 }, NOW)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

test('defaultRunFolder names sort by time', () => {
  expect(defaultRunFolder('extractor', NOW)).toBe('runs/20260102-030405-extractor');
});
