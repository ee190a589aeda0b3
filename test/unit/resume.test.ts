import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainerConfig } from '../../lib/config/types';
import type { NativePhaseOptions } from '../../lib/native/types';
import type { TrainerEvent } from '../../lib/trainer/events';
import { readRecord } from '../../lib/trainer/run-record';
import { Trainer } from '../../lib/trainer/trainer';
import type { FitOptions } from '../../lib/trainer/types';
import { FakeNative } from './fake-native';
import { antsAndBees, rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockFake.load.onNativeWarning(listener),
}));

const dir = antsAndBees(4);
let output = '';
afterAll(removeTemporaryFolders);
beforeEach(() => {
  mockFake = freshFake();
  output = join(temporaryFolder(), 'run');
});

/** As in another process: nothing is left but the files. */
function freshFake(): FakeNative {
  const fake = new FakeNative();
  fake.accuracy = (_, epoch) => [0.5, 0.75, 0.25, 0.5][epoch] ?? 0;
  fake.onSave = (path) => writeFileSync(path, 'weights');
  return fake;
}

function trainer(config: Partial<TrainerConfig> = {}): Trainer {
  return new Trainer({ data: { dir }, model: { weights: null }, epochs: 4, output, ...config });
}

/** Trains until `phase` of `epoch` has begun and is then aborted behind its first step. */
async function aborted(phase: string, epoch: number, config: Partial<TrainerConfig> = {}): Promise<void> {
  const controller = new AbortController();
  mockFake.onPhase = async ({ options, stopped }) => {
    if (options.phase !== phase || options.epoch !== epoch) return;
    controller.abort('enough');
    await stopped;
  };
  expect(await rejection(trainer(config).fit({ signal: controller.signal }))).toBe('enough');
  mockFake = freshFake();
}

function checkpoints(): string[] {
  return readdirSync(output).filter((name) => name.startsWith('checkpoint-'));
}

function newestPath(): string {
  return join(output, checkpoints().at(-1) ?? '');
}

/** Without what a clock or the machine's memory says. */
function timeless(value: unknown): unknown {
  const clocked = ['time', 'seconds', 'imagesPerSecond', 'costs', 'cache', 'runId'];
  return JSON.parse(JSON.stringify(value, (key, field) => (clocked.includes(key) ? undefined : field)));
}

/** The phase and epoch lines of metrics.jsonl. */
function figures(folder: string): unknown[] {
  const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return rows
    .map((row) => JSON.parse(row))
    .filter(({ type }) => type === 'phaseEnd' || type === 'epochEnd')
    .map(timeless);
}

function record(name: string): Record<string, unknown> & { position: Record<string, unknown> } {
  return JSON.parse(JSON.parse(readFileSync(join(output, name), 'utf8')).record);
}

async function collected(options: FitOptions, config: Partial<TrainerConfig> = {}) {
  const events: TrainerEvent[] = [];
  const result = await trainer(config).fit({ ...options, onEvent: (event) => void events.push(event) });
  return { events, result, warnings: events.flatMap((e) => (e.type === 'warning' ? [e.code] : [])) };
}

describe('a run that was aborted', () => {
  test.each([
    ['train', 0],
    ['val', 0],
    ['train', 2],
    ['val', 3],
  ])(
    'in phase %s of epoch %i goes on at the next step, with the figures of a run that was not',
    async (phase, epoch) => {
      const whole = join(temporaryFolder(), 'whole');
      const expected = await new Trainer({
        ...{ data: { dir }, model: { weights: null }, epochs: 4, output: whole },
      }).fit();
      mockFake = freshFake();
      await aborted(phase, epoch);
      const runId = JSON.parse(
        readFileSync(join(output, 'metrics.jsonl'), 'utf8').split('\n')[0] ?? '',
      ).runId;
      const { result, events } = await collected({ resume: 'auto' });
      expect(mockFake.calls.filter((call) => /^(train|val) /.test(call))[0]).toMatch(
        new RegExp(`^${phase} ${epoch} .* from 1$`),
      );
      expect(timeless(result)).toEqual(timeless(expected));
      expect(figures(output)).toEqual(figures(whole));
      expect(new Set(events.map((event) => event.runId))).toEqual(new Set([runId]));
      expect(events[0]).toMatchObject({ type: 'start', resumed: { epoch, phase, step: 1 } });
    },
  );

  test('hands the counts and the schedule of before to the session', async () => {
    await aborted('val', 1, { scheduler: { stepSize: 1, gamma: 0.5 }, optimizer: { lr: 1 } });
    const [name = ''] = checkpoints();
    expect(record(name)).toMatchObject({
      kind: 'checkpoint',
      scheduler: { lastEpoch: 2, lastLr: 0.25 },
      position: { epoch: 1, phase: 'val', step: 1, trained: { lr: 0.5 } },
    });
    await trainer({ scheduler: { stepSize: 1, gamma: 0.5 }, optimizer: { lr: 1 } }).fit({ resume: 'auto' });
    expect(mockFake.calls.filter((call) => call.startsWith('train'))).toEqual([
      'train 2 lr=0.25',
      'train 3 lr=0.125',
    ]);
  });

  test('in a callback behind the end of a phase is told that end again', async () => {
    const controller = new AbortController();
    const fit = trainer().fit({
      signal: controller.signal,
      onPhaseEnd: ({ phase, epoch }) => {
        if (phase === 'val' && epoch === 1) controller.abort('enough');
      },
    });
    expect(await rejection(fit)).toBe('enough');
    mockFake = freshFake();
    const { events, result } = await collected({ resume: 'auto' });
    expect(events.filter(({ type }) => type === 'epochEnd')[0]).toMatchObject({ epoch: 1, improved: true });
    expect(result.best).toMatchObject({ epoch: 1, accuracy: 0.75 });
  });
});

describe('checkpoints', () => {
  test('come every so many epochs, and the last two are kept', async () => {
    const { events } = await collected({}, { checkpoint: { everyEpochs: 1 } });
    const written = events.flatMap((event) =>
      event.type === 'checkpoint' && event.kind === 'resume' ? [event.path] : [],
    );
    expect(written).toEqual(
      [1, 2, 3, 4].map((epoch) => join(output, `checkpoint-000${epoch}-train-000000.pth`)),
    );
    expect(checkpoints()).toEqual(['checkpoint-0003-train-000000.pth', 'checkpoint-0004-train-000000.pth']);
  });

  test('of a running phase hold its step, its counts and the place in metrics.jsonl where it began', async () => {
    let began = 0;
    mockFake.onPhase = async ({ options, snapshot }) => {
      if (options.phase !== 'val' || options.epoch !== 1) return;
      began = readFileSync(join(output, 'metrics.jsonl')).byteLength;
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
    mockFake.onPhase = async ({ options }) => {
      if (options.phase === 'train' && options.epoch === 1) path = one.checkpoint();
      await path;
    };
    await one.fit();
    expect(await path).toBe(join(output, 'checkpoint-0001-train-000001.pth'));
    expect(existsSync(join(output, 'checkpoint-0001-train-000001.pth'))).toBe(true);
    expect(await one.checkpoint()).toBeNull();
  });

  test('that cannot be written are a warning, and training goes on', async () => {
    mockFake.onSave = (path) => {
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
  mockFake.onSave = (path) => {
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

describe('resume: auto', () => {
  test('takes the one before a damaged newest file, with a warning, and removes what is behind', async () => {
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    const [, newest = ''] = checkpoints();
    truncateSync(join(output, newest), 40);
    mockFake = freshFake();
    const { events, warnings } = await collected({ resume: 'auto' });
    expect(events[0]).toMatchObject({ resumed: { epoch: 3, phase: 'train', step: 0 } });
    expect(warnings).toContain('CHECKPOINT_DAMAGED');
    expect(checkpoints()).toEqual(['checkpoint-0003-train-000000.pth']);
  });

  test.each([
    ['cannot be read just now', 'CHECKPOINT_UNREADABLE', () => mockFake.unreadable.add(newestPath())],
    [
      'is of a later torchwing',
      'CHECKPOINT_UNSUPPORTED',
      () => writeFileSync(newestPath(), JSON.stringify({ record: '{"version":9}', weights: '' })),
    ],
  ])('stops at a newest file that %s, and removes none', async (_, code, spoil) => {
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    const before = checkpoints();
    mockFake = freshFake();
    spoil();
    expect(await rejection(trainer().fit({ resume: 'auto' }))).toMatchObject({
      code,
      hint: expect.stringContaining('name it (--resume FILE)'),
    });
    expect(checkpoints()).toEqual(before);

    mockFake = freshFake();
    const [earlier = ''] = before;
    const { events } = await collected({ resume: join(output, earlier) });
    expect(events[0]).toMatchObject({ resumed: { epoch: 3 } });
  });

  test('is refused when every checkpoint is damaged', async () => {
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    for (const name of checkpoints()) truncateSync(join(output, name), 40);
    mockFake = freshFake();
    expect(await rejection(trainer().fit({ resume: 'auto' }))).toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
  });

  test('starts from the beginning in a folder without a run, and without a checkpoint of one that was cut off', async () => {
    expect((await collected({ resume: 'auto' })).warnings).toEqual([]);
    const metrics = join(output, 'metrics.jsonl');
    writeFileSync(metrics, readFileSync(metrics, 'utf8').split('\n').slice(0, 3).join('\n'));
    mockFake = freshFake();
    expect((await collected({ resume: 'auto' })).warnings).toEqual(['CHECKPOINT_NONE']);
  });

  test('replaces no run that came to its end, and no other run', async () => {
    await trainer().fit();
    expect(await rejection(trainer().fit({ resume: 'auto' }))).toMatchObject({ code: 'OUTPUT_EXISTS' });
    writeFileSync(join(output, 'metrics.jsonl'), '');
    expect(await rejection(trainer({ epochs: 9 }).fit({ resume: 'auto' }))).toMatchObject({
      code: 'RESUME_MISMATCH',
      message: expect.stringContaining('epochs: 4 before, 9 now'),
    });
  });

  test('needs a folder', async () => {
    expect(await rejection(trainer({ output: null }).fit({ resume: 'auto' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('another run than that of the checkpoint', () => {
  const changed: Partial<TrainerConfig> = { seed: 7, optimizer: { lr: 0.5 } };

  test('is refused, with each setting and both values', async () => {
    await aborted('train', 1);
    const failure = await rejection(trainer(changed).fit({ resume: 'auto' }));
    expect(failure).toMatchObject({
      code: 'RESUME_MISMATCH',
      hint: expect.stringContaining('--resume-anyway'),
    });
    const { message } = failure as Error;
    expect(message).toContain('seed: 0 before, 7 now');
    expect(message).toContain('optimizer.lr: 0.001 before, 0.5 now');
    expect(checkpoints()).toHaveLength(1);
  });

  test('goes on when told so, with the schedule counted by the new rate', async () => {
    await aborted('train', 1);
    const { warnings } = await collected({ resume: { from: 'auto', allowChanges: true } }, changed);
    expect(warnings).toContain('RESUMED_CHANGED');
    expect(mockFake.calls.find((call) => call.startsWith('train'))).toBe('train 1 lr=0.5 from 1');
  });

  describe('is one with other data', () => {
    async function changed(change: () => unknown, config: Partial<TrainerConfig> = {}): Promise<string> {
      data = antsAndBees(4);
      await aborted('train', 1, { data: { dir: data }, ...config });
      change();
      const failure = await rejection(trainer({ data: { dir: data }, ...config }).fit({ resume: 'auto' }));
      expect(failure).toMatchObject({ code: 'RESUME_MISMATCH' });
      return failure.message ?? '';
    }
    let data = '';
    const file = (name: string) => join(data, name);
    const draw = (name: string, content: string) => writeFileSync(file(name), content);

    test('whose added, removed and changed images are named', async () => {
      const message = await changed(() => {
        for (const number of [4, 5, 6, 7]) draw(`train/ants/00${number}.jpg`, '');
        rmSync(file('val/bees/000.jpg'));
        draw('train/bees/001.jpg', 'longer');
      });
      expect(message).toContain(
        'another one: data: 4 images added ("train/ants/004.jpg", "train/ants/005.jpg", "train/ants/006.jpg" and 1 more), ' +
          '1 image removed ("val/bees/000.jpg"), 1 image changed ("train/bees/001.jpg", 0 bytes before, 6 now).',
      );
    });

    test('also where an image has the size of before, as preflight sees', async () => {
      const message = await changed(() => {
        mockFake.facts = (path) => (path.endsWith('train/ants/002.jpg') ? { sha256: 'f'.repeat(64) } : {});
      });
      expect(message).toContain(': data: 1 image changed ("train/ants/002.jpg", still 0 bytes).');
    });

    test('where a list has another order', async () => {
      const list = () =>
        [0, 1, 2].flatMap((n) =>
          ['ants', 'bees'].map((label) => ({ path: file(`train/${label}/00${n}.jpg`), label })),
        );
      data = antsAndBees(4);
      const val = { list: list() };
      await aborted('train', 1, { data: { train: { list: list() }, val } });
      const again = trainer({ data: { train: { list: list().reverse() }, val } }).fit({ resume: 'auto' });
      expect(await rejection(again)).toMatchObject({
        message: expect.stringContaining('data: the same images in another order.'),
      });
    });

    test('and goes on by names and sizes without preflight', async () => {
      const config = { data: { dir, preflight: false } };
      await aborted('train', 1, config);
      mockFake.facts = () => ({ sha256: 'f'.repeat(64) });
      expect((await collected({ resume: 'auto' }, config)).warnings).toEqual([]);
    });
  });

  test('is none with other workers, another time limit or other checkpoints', async () => {
    await aborted('train', 1);
    const free = { data: { dir, workers: 1 }, timeLimit: '1h', checkpoint: { everyEpochs: 3 } };
    expect((await collected({ resume: 'auto' }, free)).result.stopped).toBe('completed');
  });
});

describe('a checkpoint named by its path', () => {
  test('goes on in another folder with the run’s id and its best weights', async () => {
    await aborted('train', 2);
    const [name = ''] = checkpoints();
    const elsewhere = join(temporaryFolder(), 'elsewhere');
    const { result, events } = await collected({ resume: join(output, name) }, { output: elsewhere });
    expect(result.history).toHaveLength(4);
    expect(events[0]?.runId).toBe(record(name)['runId']);
    expect(readdirSync(elsewhere)).toContain('best.pth');
    expect(checkpoints()).toEqual([name]);
  });

  test('replaces no other run', async () => {
    await aborted('train', 2);
    const path = newestPath();
    const first = output;
    output = join(temporaryFolder(), 'other');
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    const before = readdirSync(output);
    expect(await rejection(trainer().fit({ resume: path }))).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readdirSync(output)).toEqual(before);
    output = first;
    expect((await trainer().fit({ resume: path })).stopped).toBe('completed');
  });

  test('that is not there or damaged is refused', async () => {
    const missing = trainer().fit({ resume: join(output, 'no.pth') });
    expect(await rejection(missing)).toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    await aborted('train', 1);
    const path = join(output, checkpoints()[0] ?? '');
    const { record: text } = JSON.parse(readFileSync(path, 'utf8'));
    for (const [broken, code] of [
      ['{"version":9}', 'CHECKPOINT_UNSUPPORTED'],
      ['{"version":1}', 'CHECKPOINT_DAMAGED'],
      [text.replace('"step"', '"stop"'), 'CHECKPOINT_DAMAGED'],
    ]) {
      writeFileSync(path, JSON.stringify({ record: broken, weights: '' }));
      expect(await rejection(trainer().fit({ resume: path }))).toMatchObject({ code });
    }
  });
});

describe('a run that goes on says', () => {
  test('with which other software its last bits will differ', async () => {
    await aborted('train', 1);
    const path = newestPath();
    const { record: text, weights } = JSON.parse(readFileSync(path, 'utf8'));
    const before = JSON.parse(text);
    Object.assign(before.machine, { libtorch: '2.12.0', node: 'v1' });
    writeFileSync(path, JSON.stringify({ record: JSON.stringify(before), weights }));
    const { events } = await collected({ resume: 'auto' });
    expect(events).toContainEqual(
      expect.objectContaining({
        code: 'RESUMED_ELSEWHERE',
        message: expect.stringContaining('(libtorch: "2.12.0" before, "2.13.0" now).'),
      }),
    );
  });

  test('that lines of metrics.jsonl are missing, and goes on behind those that are there', async () => {
    await aborted('val', 1);
    const metrics = join(output, 'metrics.jsonl');
    const [start = ''] = readFileSync(metrics, 'utf8').split('\n');
    writeFileSync(metrics, `${start}\n`);
    const { warnings, result } = await collected({ resume: 'auto' });
    expect(warnings).toEqual(['METRICS_INCOMPLETE']);
    expect(result.history).toHaveLength(4);
    expect(figures(output)).toHaveLength(8);
    expect(readFileSync(metrics, 'utf8').startsWith(start)).toBe(true);
  });
});

test('the time limit ends a fit behind its step, with a checkpoint and a result', async () => {
  mockFake.onPhase = async ({ options, stopped }) => {
    if (options.epoch === 1) await stopped;
  };
  const { result, events } = await collected({}, { timeLimit: 0.2 });
  expect(result).toMatchObject({ stopped: 'timeLimit', last: { epoch: 0 } });
  expect(events.at(-1)).toMatchObject({ type: 'end', stopped: 'timeLimit' });
  expect(checkpoints()).toEqual(['checkpoint-0001-train-000001.pth']);
  mockFake = freshFake();
  expect((await trainer().fit({ resume: 'auto' })).stopped).toBe('completed');
});

describe('a time limit that comes while the run is prepared', () => {
  /** Preflight does not come back. */
  const stuck = () => {
    mockFake.inspected = new Promise(() => {});
  };

  test('ends a new one with nothing made, and no event', async () => {
    stuck();
    const { result, events } = await collected({}, { timeLimit: 0.2 });
    expect(result).toMatchObject({ stopped: 'timeLimit', best: null, last: null, history: [], classes: [] });
    expect(events).toEqual([]);
    expect(existsSync(output)).toBe(false);
    expect(mockFake.live).toBe(0);
  });

  test('leaves one that goes on as it was, and says how far it had come', async () => {
    await aborted('train', 2);
    const before = checkpoints();
    stuck();
    const { result } = await collected({ resume: 'auto' }, { timeLimit: 0.2 });
    expect(result).toMatchObject({ stopped: 'timeLimit', best: { epoch: 1 }, last: { epoch: 1 } });
    expect(result.classes).toEqual(['ants', 'bees']);
    expect(checkpoints()).toEqual(before);
  });
});

test('what a killed process left half-written is gone with the next run', async () => {
  await aborted('train', 1);
  for (const name of [
    '.checkpoint-0000-train-000002.pth.tmp-12-0',
    '.best.pth.tmp-12-1',
    'config.json.12.tmp',
  ])
    writeFileSync(join(output, name), 'half');
  await trainer().fit({ resume: 'auto' });
  expect(readdirSync(output).filter((name) => name.includes('tmp'))).toEqual([]);
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
  mockFake.onPhase = async ({ options, halve, snapshot, stopped }) => {
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
  mockFake = freshFake();
  mockFake.onPhase = ({ options }) => note(options);
  await trainer({ ...config, autoBatch: false, epochs: 3 }).fit({
    resume: { from: 'auto', allowChanges: true },
  });
  expect(seen).toEqual(['val 1: false 2', 'train 2: false 2', 'val 2: false 2']);
});
