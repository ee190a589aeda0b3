import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Trainer } from '../../lib/trainer/trainer';
import { RunBench } from './run-bench';
import { rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

const { CLOCKED } = require('../clocked-fields.cjs') as { CLOCKED: string[] };

const mockBench = new RunBench();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockBench.fake.load.loadNative(),
  loadNativeWithLibTorch: () => mockBench.fake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockBench.fake.load.onNativeWarning(listener),
}));
const { aborted, checkpoints, collected, dir, newestPath, record, renew, trainer } = mockBench;

afterAll(removeTemporaryFolders);
beforeEach(mockBench.begin);

/** Without what a clock or the machine's memory says. */
function timeless(value: unknown): unknown {
  const clocked = [...CLOCKED, 'runId'];
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
      renew();
      await aborted(phase, epoch);
      const runId = JSON.parse(
        readFileSync(join(mockBench.output, 'metrics.jsonl'), 'utf8').split('\n')[0] ?? '',
      ).runId;
      const { result, events } = await collected({ resume: 'auto' });
      expect(mockBench.fake.calls.filter((call) => /^(train|val) /.test(call))[0]).toMatch(
        new RegExp(`^${phase} ${epoch} .* from 1$`),
      );
      expect(timeless(result)).toEqual(timeless(expected));
      expect(figures(mockBench.output)).toEqual(figures(whole));
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
    expect(mockBench.fake.calls.filter((call) => call.startsWith('train'))).toEqual([
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
    renew();
    const { events, result } = await collected({ resume: 'auto' });
    expect(events.filter(({ type }) => type === 'epochEnd')[0]).toMatchObject({ epoch: 1, improved: true });
    expect(result.best).toMatchObject({ epoch: 1, accuracy: 0.75 });
  });
});

describe('resume: auto', () => {
  test('takes the one before a damaged newest file, with a warning, and removes what is behind', async () => {
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    const [, newest = ''] = checkpoints();
    truncateSync(join(mockBench.output, newest), 40);
    renew();
    const { events, warnings } = await collected({ resume: 'auto' });
    expect(events[0]).toMatchObject({ resumed: { epoch: 3, phase: 'train', step: 0 } });
    expect(warnings).toContain('CHECKPOINT_DAMAGED');
    expect(checkpoints()).toEqual(['checkpoint-0003-train-000000.pth']);
  });

  test.each([
    ['cannot be read just now', 'CHECKPOINT_UNREADABLE', () => mockBench.fake.unreadable.add(newestPath())],
    [
      'is of a later torchwing',
      'CHECKPOINT_UNSUPPORTED',
      () => writeFileSync(newestPath(), JSON.stringify({ record: '{"version":9}', weights: '' })),
    ],
  ])('stops at a newest file that %s, and removes none', async (_, code, spoil) => {
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    const before = checkpoints();
    renew();
    spoil();
    expect(await rejection(trainer().fit({ resume: 'auto' }))).toMatchObject({
      code,
      hint: expect.stringContaining('name it (--resume FILE)'),
    });
    expect(checkpoints()).toEqual(before);

    renew();
    const [earlier = ''] = before;
    const { events } = await collected({ resume: join(mockBench.output, earlier) });
    expect(events[0]).toMatchObject({ resumed: { epoch: 3 } });
  });

  test('is refused when every checkpoint is damaged', async () => {
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    for (const name of checkpoints()) truncateSync(join(mockBench.output, name), 40);
    renew();
    expect(await rejection(trainer().fit({ resume: 'auto' }))).toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
  });

  test('starts from the beginning in a folder without a run, and without a checkpoint of one that was cut off', async () => {
    expect((await collected({ resume: 'auto' })).warnings).toEqual([]);
    const metrics = join(mockBench.output, 'metrics.jsonl');
    writeFileSync(metrics, readFileSync(metrics, 'utf8').split('\n').slice(0, 3).join('\n'));
    renew();
    expect((await collected({ resume: 'auto' })).warnings).toEqual(['CHECKPOINT_NONE']);
  });

  test('replaces no run that came to its end, and no other run', async () => {
    await trainer().fit();
    expect(await rejection(trainer().fit({ resume: 'auto' }))).toMatchObject({ code: 'OUTPUT_EXISTS' });
    writeFileSync(join(mockBench.output, 'metrics.jsonl'), '');
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

describe('a checkpoint named by its path', () => {
  test('goes on in another folder with the run’s id and its best weights', async () => {
    await aborted('train', 2);
    const [name = ''] = checkpoints();
    const elsewhere = join(temporaryFolder(), 'elsewhere');
    const { result, events } = await collected(
      { resume: join(mockBench.output, name) },
      { output: elsewhere },
    );
    expect(result.history).toHaveLength(4);
    expect(events[0]?.runId).toBe(record(name)['runId']);
    expect(readdirSync(elsewhere)).toContain('best.pth');
    expect(checkpoints()).toEqual([name]);
  });

  test('replaces no other run', async () => {
    await aborted('train', 2);
    const path = newestPath();
    const first = mockBench.output;
    mockBench.output = join(temporaryFolder(), 'other');
    await trainer({ checkpoint: { everyEpochs: 1 } }).fit();
    const before = readdirSync(mockBench.output);
    expect(await rejection(trainer().fit({ resume: path }))).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readdirSync(mockBench.output)).toEqual(before);
    mockBench.output = first;
    expect((await trainer().fit({ resume: path })).stopped).toBe('completed');
  });

  test('that is not there or damaged is refused', async () => {
    const missing = trainer().fit({ resume: join(mockBench.output, 'no.pth') });
    expect(await rejection(missing)).toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    await aborted('train', 1);
    const path = join(mockBench.output, checkpoints()[0] ?? '');
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
    const metrics = join(mockBench.output, 'metrics.jsonl');
    const [start = ''] = readFileSync(metrics, 'utf8').split('\n');
    writeFileSync(metrics, `${start}\n`);
    const { warnings, result } = await collected({ resume: 'auto' });
    expect(warnings).toEqual(['METRICS_INCOMPLETE']);
    expect(result.history).toHaveLength(4);
    expect(figures(mockBench.output)).toHaveLength(8);
    expect(readFileSync(metrics, 'utf8').startsWith(start)).toBe(true);
  });
});

test('what a killed process left half-written is gone with the next run', async () => {
  await aborted('train', 1);
  for (const name of [
    '.checkpoint-0000-train-000002.pth.tmp-12-0',
    '.best.pth.tmp-12-1',
    'config.json.12.tmp',
  ])
    writeFileSync(join(mockBench.output, name), 'half');
  await trainer().fit({ resume: 'auto' });
  expect(readdirSync(mockBench.output).filter((name) => name.includes('tmp'))).toEqual([]);
});
