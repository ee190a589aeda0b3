import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainerConfig } from '../../lib/config/types';
import type { NativePhaseOptions } from '../../lib/native/types';
import { readRecord } from '../../lib/trainer/run-record';
import { RunBench } from './run-bench';
import { rejection, removeTemporaryFolders } from './temporary-folder';

const mockBench = new RunBench();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockBench.fake.load.loadNative(),
  loadNativeWithLibTorch: () => mockBench.fake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockBench.fake.load.onNativeWarning(listener),
}));
const { aborted, checkpoints, collected, record, renew, trainer } = mockBench;

afterAll(removeTemporaryFolders);
beforeEach(mockBench.begin);

test('an old checkpoint that cannot be removed is told of, and tried again with the next', async () => {
  // A folder of that name, which is not removed as a file is, stands for one that may not be.
  const old = join(mockBench.output, 'checkpoint-0001-train-000000.pth');
  mockBench.fake.onPhase = async ({ options: { phase, epoch } }) => {
    if (phase !== 'train') return;
    if (epoch === 1) {
      while (!existsSync(old)) await new Promise((resolve) => setImmediate(resolve));
      rmSync(old);
      mkdirSync(old);
    }
    if (epoch === 3) rmdirSync(old);
  };
  const { events } = await collected({}, { checkpoint: { everyEpochs: 1, keepLast: 1 } });
  expect(events.flatMap((event) => (event.type === 'warning' ? [event.code] : []))).toEqual(
    expect.arrayContaining(['CHECKPOINT_NOT_REMOVED']),
  );
  expect(events.filter(({ type }) => type === 'checkpoint')).toHaveLength(4 + 6);
  expect(checkpoints()).toEqual(['checkpoint-0004-train-000000.pth']);
});

describe('checkpoints', () => {
  test('come every so many epochs, and the last two are kept', async () => {
    const { events } = await collected({}, { checkpoint: { everyEpochs: 1 } });
    const written = events.flatMap((event) =>
      event.type === 'checkpoint' && event.kind === 'resume' ? [event.path] : [],
    );
    expect(written).toEqual(
      [1, 2, 3, 4].map((epoch) => join(mockBench.output, `checkpoint-000${epoch}-train-000000.pth`)),
    );
    expect(checkpoints()).toEqual(['checkpoint-0003-train-000000.pth', 'checkpoint-0004-train-000000.pth']);
  });

  test('come every ten minutes where nothing else is said, and every so many seconds', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const asked = async (seconds: number, config: Partial<TrainerConfig>) => {
        renew();
        const counts: number[] = [];
        mockBench.fake.onPhase = ({ options }) => {
          if (options.phase !== 'train' || options.epoch !== 1) return;
          for (const wait of [seconds - 1, 1, seconds]) {
            jest.advanceTimersByTime(wait * 1000);
            counts.push(mockBench.fake.calls.filter((call) => call === 'requestSnapshot').length);
          }
        };
        await trainer({ overwrite: true, ...config }).fit();
        return counts;
      };
      expect(await asked(600, {})).toEqual([0, 1, 2]);
      expect(await asked(5, { checkpoint: { everySeconds: 5 } })).toEqual([0, 1, 2]);
      expect(await asked(600, { checkpoint: { everySeconds: 0 } })).toEqual([0, 0, 0]);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([1, 3])('are kept as many as keepLast says: %i', async (keepLast) => {
    await trainer({ checkpoint: { everyEpochs: 1, keepLast } }).fit();
    const names = [1, 2, 3, 4].map((epoch) => `checkpoint-000${epoch}-train-000000.pth`);
    expect(checkpoints()).toEqual(names.slice(-keepLast));
    renew();
    // Those of before count for a run that goes on.
    await trainer({ epochs: 6, checkpoint: { everyEpochs: 1, keepLast } }).fit({
      resume: { from: 'auto', allowChanges: true },
    });
    const all = [...names, 'checkpoint-0005-train-000000.pth', 'checkpoint-0006-train-000000.pth'];
    expect(checkpoints()).toEqual(all.slice(-keepLast));
  });

  test('and last.pth are all that is written without keepBest, and best weights go on in them', async () => {
    const config = { checkpoint: { everyEpochs: 1, keepBest: false } };
    await aborted('train', 2, config);
    expect(readdirSync(mockBench.output).sort()).toEqual([
      ...checkpoints(),
      ...['config.json', 'last.pth', 'metrics.jsonl'],
    ]);
    const { result, events } = await collected({ resume: 'auto' }, config);
    expect(result.best).toMatchObject({ epoch: 1 });
    expect(existsSync(join(mockBench.output, 'best.pth'))).toBe(false);
    expect(events.flatMap((event) => (event.type === 'checkpoint' ? [event.kind] : []))).not.toContain(
      'best',
    );
  });

  test('of a running phase hold its step, its counts and the place in metrics.jsonl where it began', async () => {
    let began = 0;
    mockBench.fake.onPhase = async ({ options, snapshot }) => {
      if (options.phase !== 'val' || options.epoch !== 1) return;
      began = readFileSync(join(mockBench.output, 'metrics.jsonl')).byteLength;
      snapshot(7);
      while (checkpoints().length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await trainer({ checkpoint: { everySteps: 50 } }).fit();
    expect(record('checkpoint-0001-val-000007.pth').position).toEqual({
      ...{ epoch: 1, phase: 'val', step: 7, metricsBytes: began },
      counts: { images: 28, correct: 14, lossSum: 28, skipped: 0 },
      trained: { lr: 1e-3, metrics: expect.objectContaining({ accuracy: 0.75 }) },
    });
  });

  test('can be asked for, and name their file', async () => {
    const one = trainer();
    let path: Promise<string | null> | null = null;
    mockBench.fake.onPhase = async ({ options }) => {
      if (options.phase === 'train' && options.epoch === 1) path = one.checkpoint();
      await path;
    };
    await one.fit();
    expect(await path).toBe(join(mockBench.output, 'checkpoint-0001-train-000001.pth'));
    expect(existsSync(join(mockBench.output, 'checkpoint-0001-train-000001.pth'))).toBe(true);
    expect(await one.checkpoint()).toBeNull();
  });

  test('that cannot be written are a warning, and training goes on', async () => {
    mockBench.fake.onSave = (path) => {
      if (path.includes('checkpoint-'))
        throw { code: 'OUTPUT_WRITE', message: 'the disk is full', hint: 'x' };
      writeFileSync(path, 'weights');
    };
    const { result, warnings } = await collected({}, { checkpoint: { everyEpochs: 2 } });
    expect(result.stopped).toBe('completed');
    expect(warnings).toEqual(['CHECKPOINT_NOT_WRITTEN', 'CHECKPOINT_NOT_WRITTEN']);
  });
});

test('checkpoints whose folder cannot be brought to the disk count as kept, and take no sure one with them', async () => {
  let written = 0;
  mockBench.fake.onSave = (path) => {
    writeFileSync(path, 'weights');
    if (!path.includes('checkpoint-')) return;
    rmSync(path);
    writeFileSync(path, '{"record":"{}"}');
    written += 1;
    if (written > 1)
      throw { code: 'OUTPUT_WRITE', message: 'bringing its folder to the disk failed', hint: '' };
  };
  const { events } = await collected({}, { checkpoint: { everyEpochs: 1 } });
  expect(checkpoints()).toEqual([1, 3, 4].map((epoch) => `checkpoint-000${epoch}-train-000000.pth`));
  expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toContain(
    'A checkpoint was written, but a power cut may take it away: bringing its folder to the disk failed',
  );
});

test('a checkpoint is no weight file to predict with, and says which are', () => {
  expect(() => readRecord('{"kind":"checkpoint","version":1}', 'x/checkpoint-0001-val-000002.pth')).toThrow(
    expect.objectContaining({ code: 'WEIGHTS_UNSUPPORTED', hint: expect.stringContaining('best.pth') }),
  );
});

test('batches that were halved stay so for their phase, and in the run that goes on', async () => {
  const seen: string[] = [];
  const note = ({ phase, epoch, autoBatch, microBatch }: NativePhaseOptions) =>
    seen.push(`${phase} ${epoch}: ${autoBatch} ${microBatch}`);
  const controller = new AbortController();
  mockBench.fake.onPhase = async ({ options, halve, snapshot, stopped }) => {
    note(options);
    if (options.phase === 'train' && options.epoch === 0) halve(2, 4);
    if (options.phase !== 'val' || options.epoch !== 1) return;
    halve(2, 3);
    snapshot(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort('enough');
    await stopped;
  };
  const warnings: string[] = [];
  const onWarning = ({ code, message }: { code: string; message: string }) =>
    warnings.push(`${code} ${message}`);
  const config = { autoBatch: true, mode: 'extractor', checkpoint: { everySteps: 1 } } as const;
  expect(await rejection(trainer(config).fit({ signal: controller.signal, onWarning }))).toBe('enough');
  expect(seen).toEqual(['train 0: true 0', 'val 0: true 0', 'train 1: true 2', 'val 1: true 0']);
  expect(warnings).toEqual([
    expect.stringContaining('MICRO_BATCH Memory ran out for a train batch of 4 images'),
    expect.stringContaining('MICRO_BATCH Memory ran out for a val batch of 3 images'),
  ]);
  expect(warnings[0]).toContain('BatchNorm sees the smaller parts');
  expect(warnings[1]).not.toContain('BatchNorm');

  seen.splice(0);
  renew();
  mockBench.fake.onPhase = ({ options }) => note(options);
  await trainer({ ...config, autoBatch: false, epochs: 3 }).fit({
    resume: { from: 'auto', allowChanges: true },
  });
  expect(seen).toEqual(['val 1: false 2', 'train 2: false 2', 'val 2: false 2']);
});
