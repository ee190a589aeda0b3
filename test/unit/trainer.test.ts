import type { TrainerConfig } from '../../lib/config/types';
import type { TrainerEvent } from '../../lib/trainer/events';
import { Trainer } from '../../lib/trainer/trainer';
import { FakeNative, type PhaseScript } from './fake-native';
import { antsAndBees, rejection, removeTemporaryFolders } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockFake.load.onNativeWarning(listener),
}));

const dir = antsAndBees(4);
afterAll(removeTemporaryFolders);
beforeEach(() => {
  mockFake = new FakeNative();
});

function trainer(config: Partial<TrainerConfig> = {}): Trainer {
  return new Trainer({ data: { dir }, model: { weights: null }, epochs: 2, ...config });
}

/** Phases of the fake that only a stop ends. */
const untilStopped = ({ stopped }: PhaseScript) => stopped;

describe('a fit', () => {
  test('delivers its events in the order of the tutorial', async () => {
    mockFake.onPhase = ({ progress }) => progress(10, 25);
    const events: TrainerEvent[] = [];
    await trainer().fit({ onEvent: (event) => void events.push(event) });
    const epoch = (n: number) => [
      `progress train ${n}`,
      `phaseEnd train ${n}`,
      `progress val ${n}`,
      `phaseEnd val ${n}`,
      `epochEnd ${n}`,
    ];
    expect(
      events.map((event) =>
        [event.type, 'phase' in event ? event.phase : '', 'epoch' in event ? event.epoch : '']
          .filter((part) => part !== '')
          .join(' '),
      ),
    ).toEqual(['start', ...epoch(0), ...epoch(1), 'end']);
    expect(new Set(events.map(({ runId }) => runId)).size).toBe(1);
  });

  test('trains, steps the schedule, validates, and keeps the best, in this order', async () => {
    await trainer({ scheduler: { stepSize: 1, gamma: 0.5 } }).fit();
    expect(mockFake.calls.filter((call) => !/^(inspect|to|SGD|ResNet|setTrainable)/.test(call))).toEqual([
      'snapshotBest',
      'train 0 lr=0.001',
      'scheduler.step',
      'val 0 lr=0.001',
      'snapshotBest',
      'train 1 lr=0.0005',
      'scheduler.step',
      'val 1 lr=0.0005',
    ]);
  });

  test('reports the rate that each epoch trained with; without a schedule it stays', async () => {
    const stepped = await trainer({ epochs: 3, scheduler: { stepSize: 2, gamma: 0.1 } }).fit();
    expect(stepped.history.map(({ lr }) => lr)).toEqual([1e-3, 1e-3, 1e-3 * 0.1]);
    const constant = await trainer({ epochs: 3, scheduler: null }).fit();
    expect(constant.history.map(({ lr }) => lr)).toEqual([1e-3, 1e-3, 1e-3]);
  });

  test('mixes batches by the run’s seed, and smooths labels, only where asked', async () => {
    await trainer().fit();
    const mix = { mixupAlpha: 0.2, cutmixAlpha: 1 };
    await trainer({ data: { dir, mix }, loss: { labelSmoothing: 0.1 }, seed: 7 }).fit();
    expect(mockFake.sessions).toEqual([
      { mix: { mixupAlpha: 0, cutmixAlpha: 0, seed: 0 }, labelSmoothing: 0 },
      { mix: { ...mix, seed: 7 }, labelSmoothing: 0.1 },
    ]);
  });

  test('of equal accuracies the earlier is the best', async () => {
    const accuracies = [0.5, 0.75, 0.75, 0.5];
    mockFake.accuracy = (phase, epoch) => (phase === 'val' ? (accuracies[epoch] ?? 0) : 1);
    mockFake.loss = (_, epoch) => epoch;
    const improved: boolean[] = [];
    const result = await trainer({ epochs: 4 }).fit({
      onEpochEnd: (event) => void improved.push(event.improved),
    });
    expect(result.best).toEqual({ epoch: 1, accuracy: 0.75, loss: 1 });
    expect(improved).toEqual([true, true, false, false]);
    expect(result.last?.epoch).toBe(3);
  });

  test('that never leaves an accuracy of 0 has no best epoch and saves the weights from before the first', async () => {
    mockFake.accuracy = () => 0;
    const best: number[] = [];
    const trained = trainer();
    const result = await trained.fit({ onEpochEnd: (event) => void best.push(event.best.epoch) });
    expect(result.best).toBeNull();
    expect(best).toEqual([-1, -1]);
    await trained.save('x.pth');
    expect(mockFake.saved[0]?.weights).toBe('snapshot 1');
    expect(JSON.parse(mockFake.saved[0]?.record ?? '')).toMatchObject({ epoch: null, metrics: null });
  });

  test('gives metrics over the images that were counted', async () => {
    mockFake.skipped = (phase) => (phase === 'train' ? [3, 7] : []);
    mockFake.accuracy = () => 0.25;
    mockFake.loss = () => 2;
    const ends: unknown[] = [];
    await trainer({ epochs: 1 }).fit({ onPhaseEnd: (event) => void ends.push(event) });
    expect(ends[0]).toMatchObject({
      phase: 'train',
      images: 98,
      skipped: 2,
      loss: 2,
      accuracy: 0.25,
      seconds: 2,
      imagesPerSecond: 49,
      costs: { read: 1, decode: 2, resize: 3, otherTransforms: 4, wait: 0.5 },
    });
  });

  test("tells a phase's memory: the process's, and on a device the allocator's", async () => {
    const device = { allocated: 1, maxAllocated: 4, reserved: 8, maxReserved: 16 };
    mockFake.deviceMemory = (phase) => (phase === 'train' ? device : null);
    const memory: unknown[] = [];
    await trainer({ epochs: 1 }).fit({ onPhaseEnd: (event) => void memory.push(event.memory) });
    expect(memory).toEqual([
      { resident: expect.any(Number), device },
      { resident: expect.any(Number), device: null },
    ]);
  });

  test('trains on where the system does not tell the memory of the process', async () => {
    const rss = jest.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
      throw new Error('ENOENT: no such file or directory, uv_resident_set_memory');
    });
    const memory: unknown[] = [];
    await trainer({ epochs: 1 }).fit({ onPhaseEnd: (event) => void memory.push(event.memory) });
    rss.mockRestore();
    expect(memory).toEqual(Array(2).fill({ resident: null, device: null }));
  });

  test('says what it runs on in the start event', async () => {
    let start: unknown;
    await trainer().fit({
      onStart: (event) => {
        start = event;
      },
    });
    expect(start).toMatchObject({
      classes: ['ants', 'bees'],
      counts: { train: 8, val: 8 },
      device: 'cpu',
      threads: 2,
      versions: {
        torchwing: '0.1.0',
        libtorch: '2.13.0',
        node: process.versions.node,
        cpuCapability: 'AVX2',
      },
      config: { device: 'cpu', threads: 2, epochs: 2 },
    });
  });

  test('shuffles and augments training data only', async () => {
    await trainer({ seed: 7 }).fit();
    expect(
      mockFake.loaders.map(({ shuffle, seed, batchSize, transforms }) => [
        shuffle,
        seed,
        batchSize,
        transforms[0]?.type,
      ]),
    ).toEqual([
      [true, 7, 4, 'randomResizedCrop'],
      [false, 7, 4, 'resize'],
    ]);
  });

  test('extractor trains the head on a frozen backbone', async () => {
    await trainer({ mode: 'extractor' }).fit();
    expect(mockFake.calls).toContain('setTrainable head tutorial');
  });

  test('an infinite loss is delivered as it is', async () => {
    mockFake.loss = (phase) => (phase === 'val' ? Number.POSITIVE_INFINITY : 1);
    expect((await trainer().fit()).last?.val.loss).toBe(Number.POSITIVE_INFINITY);
  });

  test('a slow callback holds the next epoch back', async () => {
    let started = 0;
    mockFake.onPhase = () => {
      started += 1;
    };
    const seen: number[] = [];
    await trainer().fit({
      onEpochEnd: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen.push(started);
      },
    });
    expect(seen).toEqual([2, 4]);
  });

  test('frees everything but the best weights, and those with dispose', async () => {
    const trained = trainer();
    await trained.fit();
    expect(mockFake.live).toBe(1);
    await trained.fit();
    expect(mockFake.live).toBe(1);
    trained.dispose();
    expect(mockFake.live).toBe(0);
    expect((await rejection(trained.fit())).code).toBe('DISPOSED');
  });

  test('warnings of the addon come after the start event', async () => {
    mockFake.onPhase = () => {
      for (const listener of mockFake.listeners) listener({ code: 'LIBTORCH_WARNING', message: 'odd' });
    };
    const types: string[] = [];
    await trainer({ epochs: 1 }).fit({ onEvent: ({ type }) => void types.push(type) });
    expect(types).toEqual(['start', 'warning', 'phaseEnd', 'warning', 'phaseEnd', 'epochEnd', 'end']);
    expect(mockFake.listeners.size).toBe(0);
  });
});

describe('abort', () => {
  test('before the fit: nothing native is touched', async () => {
    const reason = new Error('not now');
    expect(await rejection(trainer().fit({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(mockFake.calls).toEqual([]);
  });

  test.each(['train', 'val'])(
    'in the %s phase: stops it and rejects with the reason; the end event says so',
    async (phase) => {
      const abort = new AbortController();
      const reason = new Error('stop');
      mockFake.onPhase = ({ options, stopped }) => {
        if (options.phase !== phase) return undefined;
        setTimeout(() => abort.abort(reason), 1);
        return stopped;
      };
      const ends: unknown[] = [];
      const trained = trainer();
      const fit = trained.fit({ signal: abort.signal, onEnd: (event) => void ends.push(event.stopped) });
      expect(await rejection(fit)).toBe(reason);
      expect(mockFake.calls).toContain('session.stop');
      expect(ends).toEqual(['aborted']);
      await trained.save('best.pth');
      expect(mockFake.saved).toHaveLength(1);
    },
  );

  test('inside a callback', async () => {
    const abort = new AbortController();
    const fit = trainer().fit({ signal: abort.signal, onEpochEnd: () => abort.abort('mid') });
    expect(await rejection(fit)).toBe('mid');
    expect(mockFake.calls.filter((call) => call.startsWith('train'))).toHaveLength(1);
  });

  test('after the fit changes nothing', async () => {
    const abort = new AbortController();
    const result = await trainer().fit({ signal: abort.signal });
    abort.abort();
    expect(result.stopped).toBe('completed');
  });

  test('leaves the trainer usable', async () => {
    const abort = new AbortController();
    mockFake.onPhase = untilStopped;
    const trained = trainer();
    const fit = trained.fit({
      signal: abort.signal,
      onStart: () => void setTimeout(() => abort.abort('x'), 1),
    });
    expect(await rejection(fit)).toBe('x');
    mockFake.onPhase = () => undefined;
    expect((await trained.fit()).stopped).toBe('completed');
  });
});

describe('what a callback throws stops training and is what fit() rejects with', () => {
  const thrown = new Error('from the callback');
  test.each([
    [
      'thrown',
      () => {
        throw thrown;
      },
    ],
    ['rejected', () => Promise.reject(thrown)],
  ])('%s in onEpochEnd', async (_, onEpochEnd) => {
    const trained = trainer();
    expect(await rejection(trained.fit({ onEpochEnd }))).toBe(thrown);
    expect(mockFake.calls.filter((call) => call.startsWith('train'))).toHaveLength(1);
    await trained.save('best.pth');
    expect(mockFake.saved[0]?.weights).toBe('snapshot 2');
  });

  test('thrown in onProgress, while the phase runs', async () => {
    mockFake.onPhase = ({ progress, stopped }) => {
      progress(1, 25);
      return stopped;
    };
    const fit = trainer().fit({
      onProgress: () => {
        throw thrown;
      },
    });
    expect(await rejection(fit)).toBe(thrown);
    expect(mockFake.calls).toContain('session.stop');
  });

  test('a value that is no Error stays what it is', async () => {
    expect(await rejection(trainer().fit({ onStart: () => Promise.reject(undefined) }))).toBeUndefined();
  });
});

describe('refusals', () => {
  test('a second fit while one runs', async () => {
    const abort = new AbortController();
    mockFake.onPhase = untilStopped;
    const trained = trainer();
    let refused: unknown;
    const first = trained.fit({
      signal: abort.signal,
      onStart: async () => {
        refused = (await rejection(trained.fit())).code;
        abort.abort('done');
      },
    });
    expect(await rejection(first)).toBe('done');
    expect(refused).toBe('TRAINER_BUSY');
  });

  test('a refused stream leaves the running fit alone', async () => {
    const trained = trainer();
    let refused: unknown;
    const result = await trained.fit({
      onStart: async () => {
        refused = (await rejection(trained.stream().next())).code;
      },
    });
    expect(refused).toBe('TRAINER_BUSY');
    expect(result.stopped).toBe('completed');
  });

  test('a wrong configuration, by the constructor', () => {
    expect(() => trainer({ epochs: 0 })).toThrow('Invalid value for "epochs"');
  });

  test('saving before anything was trained', async () => {
    expect((await rejection(trainer().save('x.pth'))).code).toBe('INVALID_ARGUMENT');
  });

  test('a last training batch of one image, unless it is dropped or BatchNorm is frozen', async () => {
    const refused = async (config: Partial<TrainerConfig>) => {
      try {
        await trainer(config).fit();
        return null;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(await refused({ data: { dir, batchSize: 7 } })).toBe('LAST_BATCH_OF_ONE');
    expect(mockFake.calls).toEqual([]);
    expect(await refused({ data: { dir, batchSize: 7 }, mode: 'extractor' })).toBe('LAST_BATCH_OF_ONE');
    expect(await refused({ data: { dir, batchSize: 7, dropLast: true } })).toBeNull();
    const frozen = { weights: null, frozenBatchNorm: 'eval' } as const;
    expect(await refused({ data: { dir, batchSize: 7 }, mode: 'extractor', model: frozen })).toBeNull();
    expect(await refused({ data: { dir, batchSize: 1 } })).toBeNull();
    expect(await refused({ data: { dir, batchSize: 1, imageSize: 32 } })).toBe('LAST_BATCH_OF_ONE');
  });

  test('CUDA that is not there, saying why', async () => {
    expect(await rejection(trainer({ device: 'cuda' }).fit())).toMatchObject({
      code: 'CUDA_UNAVAILABLE',
      message: 'The device "cuda" cannot be used: no NVIDIA driver.',
      hint: 'Install it. Or use the CPU: device auto or cpu (--device cpu).',
    });
    mockFake.addCudaDevice('One');
    expect((await rejection(trainer({ device: 'cuda:1' }).fit())).message).toContain(
      'expected one of cuda:0 (One)',
    );
  });

  test('CUDA graphs on a device without them, before the model is made', async () => {
    await trainer({ cudaGraph: true }).fit();
    await trainer().fit();
    expect(mockFake.graphs).toEqual([true, false]);
    const models = mockFake.calls.filter((call) => call.startsWith('ResNet')).length;
    mockFake.graphRefusal = { code: 'CUDA_GRAPH_UNAVAILABLE', message: 'Because.', hint: 'Leave it.' };
    const refused = await rejection(trainer({ cudaGraph: true }).fit());
    expect(refused).toMatchObject({ code: 'CUDA_GRAPH_UNAVAILABLE', message: 'Because.', hint: 'Leave it.' });
    expect(mockFake.calls.filter((call) => call.startsWith('ResNet'))).toHaveLength(models);
  });

  test('a phase of which no image could be decoded', async () => {
    mockFake.skipped = () => [...Array(100).keys()];
    expect((await rejection(trainer().fit())).code).toBe('DATASET_EMPTY');
    expect(mockFake.live).toBe(1);
  });

  test('a native failure arrives as TorchwingError with code and hint, and leaves nothing behind', async () => {
    mockFake.onPhase = () =>
      Promise.reject({ code: 'LOSS_NOT_FINITE', message: 'The loss is NaN at step 3.', hint: 'Lower lr.' });
    const trained = trainer();
    const error = await rejection(trained.fit());
    expect(error).toMatchObject({ name: 'TorchwingError', code: 'LOSS_NOT_FINITE', hint: 'Lower lr.' });
    trained.dispose();
    expect(mockFake.live).toBe(0);
  });
});

test('the first CUDA device is taken when there is one', async () => {
  mockFake.addCudaDevice('One');
  await trainer().fit();
  expect(mockFake.calls).toContain('to cuda:0');
});

describe('stream', () => {
  test('gives the events of fit() and returns its result', async () => {
    const stream = trainer({ epochs: 1 }).stream();
    const types: string[] = [];
    let next = await stream.next();
    for (; !next.done; next = await stream.next()) types.push(next.value.type);
    expect(types).toEqual(['start', 'phaseEnd', 'phaseEnd', 'epochEnd', 'end']);
    expect(next.value).toMatchObject({ stopped: 'completed', classes: ['ants', 'bees'] });
  });

  test('a slow body holds training back', async () => {
    let phases = 0;
    mockFake.onPhase = () => {
      phases += 1;
    };
    const atEpochEnd: number[] = [];
    for await (const event of trainer().stream()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (event.type === 'epochEnd') atEpochEnd.push(phases);
    }
    expect(atEpochEnd).toEqual([2, 4]);
  });

  test('leaving the loop stops the running phase, and the trainer is usable', async () => {
    mockFake.onPhase = ({ progress, stopped }) => {
      progress(1, 25);
      return stopped;
    };
    const trained = trainer();
    for await (const event of trained.stream()) if (event.type === 'progress') break;
    expect(mockFake.calls).toContain('session.stop');
    expect(mockFake.live).toBe(1);
    mockFake.onPhase = () => undefined;
    expect((await trained.fit()).stopped).toBe('completed');
  });

  test('what the body throws comes out of the loop', async () => {
    const thrown = new Error('body');
    const consume = async () => {
      for await (const _ of trainer().stream()) throw thrown;
    };
    expect(await rejection(consume())).toBe(thrown);
  });

  test('a failure of the run comes out of the loop', async () => {
    mockFake.onPhase = () => Promise.reject({ code: 'OUT_OF_MEMORY', message: 'No memory.' });
    const consume = async () => {
      for await (const _ of trainer().stream());
    };
    expect((await rejection(consume())).code).toBe('OUT_OF_MEMORY');
  });

  test('abort ends it with the reason', async () => {
    const abort = new AbortController();
    mockFake.onPhase = untilStopped;
    const types: string[] = [];
    const consume = async () => {
      for await (const event of trainer().stream({ signal: abort.signal })) {
        types.push(event.type);
        if (event.type === 'start') setTimeout(() => abort.abort('enough'), 1);
      }
    };
    expect(await rejection(consume())).toBe('enough');
    expect(types).toEqual(['start', 'end']);
  });
});

test('dispose during a fit stops it', async () => {
  mockFake.onPhase = untilStopped;
  const trained = trainer();
  const fit = trained.fit({ onStart: () => void setTimeout(() => trained.dispose(), 1) });
  expect((await rejection(fit)).code).toBe('DISPOSED');
  expect(mockFake.live).toBe(0);
});
