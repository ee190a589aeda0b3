import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainerConfig } from '../../lib/config/types';
import type { TrainerEvent } from '../../lib/trainer/events';
import { Trainer } from '../../lib/trainer/trainer';
import type { FitOptions } from '../../lib/trainer/types';
import { FakeNative, type PhaseScript } from './fake-native';
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
  fake.onSave = (path) => writeFileSync(path, 'weights');
  return fake;
}

/** As native/core/train/finite_loss.cc words it. */
function badLoss({ options }: PhaseScript): never {
  const phase = options.phase === 'train' ? 'training' : 'validation';
  throw {
    code: 'LOSS_NOT_FINITE',
    message: `The loss became NaN in ${phase} step 7 of epoch ${options.epoch}, expected a finite number.`,
    hint: 'Lower the learning rate.',
  };
}

/** A loss that is finite only with rates up to `lr`, from epoch 1 on. */
function divergingAbove(lr: number, phase: 'train' | 'val' = 'train') {
  return (script: PhaseScript) => {
    const { options } = script;
    if (options.phase === phase && options.epoch >= 1 && options.lr > lr) badLoss(script);
  };
}

/** A signal that is aborted while `phase` of `epoch` runs, which follows `script` like the others. */
function abortedInPhase(
  phase: string,
  epoch: number,
  script: (phase: PhaseScript) => void = () => {},
): AbortSignal {
  const controller = new AbortController();
  mockFake.onPhase = async (running) => {
    script(running);
    if (running.options.phase !== phase || running.options.epoch !== epoch) return;
    controller.abort('enough');
    await running.stopped;
  };
  return controller.signal;
}

const ROLLING: Partial<TrainerConfig> = {
  loss: { onBadLoss: 'rollback' },
  optimizer: { lr: 1 },
  scheduler: { stepSize: 1, gamma: 0.5 },
  epochs: 3,
};

async function train(config: Partial<TrainerConfig> = {}, options: FitOptions = {}) {
  const events: TrainerEvent[] = [];
  const trainer = new Trainer({ data: { dir }, model: { weights: null }, output, ...ROLLING, ...config });
  try {
    const result = await trainer.fit({ ...options, onEvent: (event) => void events.push(event) });
    return { result, rates: result.history.map(({ lr }) => lr), warnings: warningsOf(events) };
  } finally {
    trainer.dispose();
  }
}

function warningsOf(events: readonly TrainerEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'warning' ? [`${event.code}: ${event.message}`] : []));
}

function logged(): { type: string; epoch: number; phase: string }[] {
  const rows = readFileSync(join(output, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return rows.map((row) => JSON.parse(row));
}

const epochsOf = (type: string) => logged().flatMap((event) => (event.type === type ? [event.epoch] : []));

function checkpoints(): string[] {
  return readdirSync(output).filter((name) => name.startsWith('checkpoint-'));
}

/** The path of that checkpoint, once it is there. */
async function written(name: string): Promise<string> {
  while (!existsSync(join(output, name))) await new Promise((resolve) => setImmediate(resolve));
  return join(output, name);
}

function record(name: string) {
  return JSON.parse(JSON.parse(readFileSync(join(output, name), 'utf8')).record);
}

test('by default a bad loss stops the run', async () => {
  mockFake.onPhase = divergingAbove(0.1);
  const failure = await rejection(train({ loss: {} }));
  expect(failure).toMatchObject({
    code: 'LOSS_NOT_FINITE',
    message: 'The loss became NaN in training step 7 of epoch 1, expected a finite number.',
  });
  expect(mockFake.live).toBe(0);
});

describe.each([['with a folder'], ['without a folder']])('a run %s that rolls back', (folder) => {
  const inFolder = () => (folder === 'with a folder' ? { output } : { output: null });

  test('goes back to the start of the epoch and on with a lower learning rate', async () => {
    mockFake.onPhase = divergingAbove(0.1);
    const { result, rates, warnings } = await train(inFolder());
    expect(result.stopped).toBe('completed');
    expect(rates).toEqual([1, 0.05, 0.025]);
    expect(warnings).toEqual([
      'ROLLED_BACK: The loss became NaN in training step 7 of epoch 1, expected a finite number. The run went back to step 0 of epoch 1, with a learning rate of 0.05 (rollback 1 of 3).',
    ]);
    expect(mockFake.live).toBe(0);
  });

  test('undoes the training phase of an epoch whose validation was bad', async () => {
    mockFake.onPhase = divergingAbove(0.1, 'val');
    const { rates, result } = await train(inFolder());
    expect(rates).toEqual([1, 0.05, 0.025]);
    expect(result.history.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
  });

  test('does so as often as it takes, and no more often than it may', async () => {
    mockFake.onPhase = divergingAbove(0.001);
    expect((await train(inFolder())).rates).toEqual([1, 0.0005, 0.00025].map((lr) => expect.closeTo(lr, 12)));
    mockFake.onPhase = divergingAbove(0);
    rmSync(output, { recursive: true, force: true });
    const config = {
      ...inFolder(),
      loss: { onBadLoss: 'rollback' as const, rollback: { max: 2, lrFactor: 0.5 } },
    };
    expect(await rejection(train(config))).toMatchObject({
      code: 'LOSS_NOT_FINITE',
      message:
        'The loss became NaN in training step 7 of epoch 1, expected a finite number. The run had been rolled back 2 times, down to a learning rate of 0.125.',
    });
    expect(mockFake.live).toBe(0);
  });

  test('lowers a rate without a schedule as well', async () => {
    mockFake.onPhase = divergingAbove(0.1);
    expect((await train({ ...inFolder(), scheduler: null })).rates).toEqual([1, 0.1, 0.1]);
  });

  test('does not take an error of another kind for its own', async () => {
    mockFake.onPhase = () => {
      throw { code: 'IMAGE_READ', message: 'gone', hint: '' };
    };
    expect(await rejection(train(inFolder()))).toMatchObject({ code: 'IMAGE_READ' });
  });
});

test('metrics.jsonl tells of each epoch once, and of the rollback', async () => {
  let failed = false;
  mockFake.onPhase = async (script) => {
    if (failed || script.options.epoch !== 1 || script.options.phase !== 'val') return;
    failed = true;
    badLoss(script);
  };
  await train();
  expect(epochsOf('epochEnd')).toEqual([0, 1, 2]);
  expect(epochsOf('phaseEnd')).toEqual([0, 0, 1, 1, 2, 2]);
  expect(logged().filter(({ type }) => type === 'warning')).toHaveLength(1);
});

test('checkpoints of the steps that were taken back are gone, and that of the epoch’s start outlives newer ones', async () => {
  let attempts = 0;
  mockFake.onPhase = async (script) => {
    if (script.options.phase !== 'train' || script.options.epoch !== 1) return;
    for (const step of [2, 4, 6]) {
      script.snapshot(step);
      await written(`checkpoint-0001-train-00000${step}.pth`);
    }
    attempts += 1;
    if (attempts === 1) badLoss(script);
    while (checkpoints().length > 3) await new Promise((resolve) => setImmediate(resolve));
    expect(checkpoints()).toEqual([
      'checkpoint-0001-train-000000.pth',
      'checkpoint-0001-train-000004.pth',
      'checkpoint-0001-train-000006.pth',
    ]);
    expect(record('checkpoint-0001-train-000006.pth').rollbacks).toEqual({ made: 1, lrScale: 0.1 });
  };
  const { warnings } = await train();
  expect(attempts).toBe(2);
  expect(warnings).toHaveLength(1);
});

describe('a run that rolled back and was cut off', () => {
  test.each([
    ['train', 1],
    ['val', 2],
  ])('in phase %s of epoch %i goes on with the lower rate and its count', async (phase, epoch) => {
    const diverging = divergingAbove(0.1);
    const signal = abortedInPhase(phase, epoch, diverging);
    expect(await rejection(train({}, { signal }))).toBe('enough');
    mockFake = freshFake();
    mockFake.onPhase = diverging;
    const { rates, warnings } = await train({}, { resume: 'auto' });
    expect(rates).toEqual([1, 0.05, 0.025]);
    expect(warnings).toEqual([]);
    expect(record(checkpoints().at(-1) ?? '').rollbacks).toEqual({ made: 1, lrScale: 0.1 });
  });

  test('before it rolled back goes back to the same place as one that was not', async () => {
    const signal = abortedInPhase('train', 1);
    expect(await rejection(train({}, { signal }))).toBe('enough');
    mockFake = freshFake();
    mockFake.onPhase = divergingAbove(0.1);
    const { rates, warnings } = await train({}, { resume: 'auto' });
    expect(rates).toEqual([1, 0.05, 0.025]);
    expect(warnings).toEqual([expect.stringContaining('went back to step 0 of epoch 1')]);
  });

  test('may decide to roll back only when it goes on, and then goes back to where it did', async () => {
    const signal = abortedInPhase('train', 1);
    expect(await rejection(train({ loss: {} }, { signal }))).toBe('enough');
    mockFake = freshFake();
    mockFake.onPhase = divergingAbove(0.1);
    const { rates, warnings } = await train({}, { resume: 'auto' });
    expect(rates).toEqual([1, 0.05, 0.025]);
    expect(warnings).toEqual([expect.stringContaining('went back to step 1 of epoch 1')]);
  });
});

describe('a run whose start of the epoch is no file to go back to', () => {
  test.each([
    ['', {}],
    [' by the checkpoint of each epoch', { checkpoint: { everyEpochs: 1 } }],
  ])('because it could not be written%s goes back to it in memory', async (_, config) => {
    mockFake.onSave = (path) => {
      if (path.includes('checkpoint-')) throw { code: 'OUTPUT_WRITE', message: 'the disk is full', hint: '' };
      writeFileSync(path, 'weights');
    };
    mockFake.onPhase = divergingAbove(0.1);
    const { rates, warnings } = await train(config);
    expect(rates).toEqual([1, 0.05, 0.025]);
    expect(warnings).toContainEqual(expect.stringContaining('went back to step 0 of epoch 1'));
    expect(mockFake.live).toBe(0);
  });

  test.each([
    ['gone', (path: string) => rmSync(path)],
    ['damaged', (path: string) => writeFileSync(path, 'cut')],
  ])(
    'because it is %s goes back to the checkpoint before it, with what was known there',
    async (_, spoil) => {
      mockFake.accuracy = (_, epoch) => (epoch === 0 ? 0.9 : 0.5);
      let failed = false;
      mockFake.onPhase = async (script) => {
        if (failed || script.options.epoch !== 1) return;
        failed = true;
        mockFake.accuracy = () => 0.5;
        spoil(await written('checkpoint-0001-train-000000.pth'));
        badLoss(script);
      };
      const { result, rates, warnings } = await train();
      expect(warnings).toEqual([expect.stringContaining('went back to step 0 of epoch 0')]);
      expect(rates).toEqual([0.1, 0.05, 0.025]);
      expect(result.best).toMatchObject({ epoch: 0, accuracy: 0.5 });
      expect(epochsOf('epochEnd')).toEqual([0, 1, 2]);
    },
  );
});

test('without a checkpoint to go back to the run stops, and says why', async () => {
  const diverging = divergingAbove(0.1);
  mockFake.onPhase = async (script) => {
    if (script.options.epoch === 1) {
      await written('checkpoint-0001-train-000000.pth');
      for (const name of checkpoints()) rmSync(join(output, name));
    }
    diverging(script);
  };
  expect(await rejection(train())).toMatchObject({
    code: 'LOSS_NOT_FINITE',
    message: expect.stringContaining('There is nothing to roll back to.'),
    hint: expect.stringContaining('checkpoint-0001-train-000000.pth'),
  });
});
