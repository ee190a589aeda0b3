import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { loadConfigFile } from '../../lib/config/load-file';
import type { TrainerConfig } from '../../lib/config/types';
import { Trainer } from '../../lib/trainer/trainer';
import { FakeNative } from './fake-native';
import { antsAndBees, rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

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
  mockFake.onSave = (path) => writeFileSync(path, 'weights');
});

function trainer(output: string, config: Partial<TrainerConfig> = {}): Trainer {
  return new Trainer({ data: { dir }, model: { weights: null }, epochs: 2, output, ...config });
}

function lines(output: string): { type: string }[] {
  return readFileSync(join(output, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe("a run's folder", () => {
  test('holds configuration, metrics and weights, and no lock', async () => {
    const output = join(temporaryFolder(), 'deep', 'run');
    mockFake.onPhase = ({ progress }) => progress(1, 25);
    await trainer(output).fit();
    expect(readdirSync(output).sort()).toEqual(['best.pth', 'config.json', 'last.pth', 'metrics.jsonl']);
    expect(lines(output).map(({ type }) => type)).toEqual([
      'start',
      ...['phaseEnd', 'phaseEnd', 'checkpoint', 'checkpoint', 'epochEnd'],
      ...['phaseEnd', 'phaseEnd', 'checkpoint', 'epochEnd'],
      'end',
    ]);
  });

  test('its configuration repeats the run into any folder', async () => {
    const output = join(temporaryFolder(), 'run');
    const first = trainer(output, { seed: 9, data: { dir, imageSize: 64 } });
    await first.fit();
    const again = await loadConfigFile(join(output, 'config.json'));
    expect(again).not.toHaveProperty('output');
    const { output: _output, ...expected } = first.config;
    const { output: none, ...repeated } = new Trainer(again).config;
    expect(none).toBeNull();
    expect(repeated).toEqual({ ...expected, device: 'cpu', threads: 2 });
  });

  test('its weight files say what they are', async () => {
    const output = join(temporaryFolder(), 'run');
    mockFake.accuracy = (_, epoch) => [0.9, 0.4][epoch] ?? 0;
    await trainer(output, { mode: 'extractor' }).fit();
    const records = mockFake.saved.map(({ path, record }) => [path, JSON.parse(record)]);
    expect(records.map(([path]) => path)).toEqual(
      ['best', 'last', 'last'].map((kind) => join(output, `${kind}.pth`)),
    );
    expect(records[0]?.[1]).toMatchObject({
      version: 1,
      arch: 'resnet18',
      classes: ['ants', 'bees'],
      mode: 'extractor',
      layout: 'fast',
      seed: 0,
      threads: 2,
      epoch: 0,
      metrics: { accuracy: 0.9, loss: 1 },
      versions: { torchwing: '0.1.0', libtorch: '2.13.0', node: process.versions.node },
      dataSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      transforms: { val: [{ type: 'resize', size: 256 }, {}, {}, {}] },
    });
    expect(records[2]?.[1]).toMatchObject({ epoch: 1, metrics: { accuracy: 0.4 } });
  });

  test('gets a checkpoint for Python where a callback asks for it, and none when nothing trains', async () => {
    const output = join(temporaryFolder(), 'run');
    const file = join(output, 'python.pth');
    const run = trainer(output);
    expect((await rejection(run.saveTorchCheckpoint(file))).code).toBe('INVALID_ARGUMENT');
    await run.fit({
      onPhaseEnd: async ({ phase, epoch }) => {
        if (phase === 'val' && epoch === 1) await run.saveTorchCheckpoint(file);
      },
    });
    const saved = mockFake.saved.filter(({ weights }) => weights === 'torch checkpoint');
    expect(saved.map(({ path }) => path)).toEqual([file]);
    expect(JSON.parse(saved[0]?.record ?? '')).toMatchObject({ arch: 'resnet18', epoch: 1, metrics: null });
    expect((await rejection(run.saveTorchCheckpoint(file))).hint).toContain('onEpochEnd');
  });

  test('has the initial weights as best.pth when no epoch was better', async () => {
    const output = join(temporaryFolder(), 'run');
    mockFake.accuracy = () => 0;
    await trainer(output).fit();
    const best = mockFake.saved.find(({ path }) => path.endsWith('best.pth'));
    expect(best?.weights).toBe('snapshot 1');
    expect(JSON.parse(best?.record ?? '')).toMatchObject({ epoch: null });
  });

  test('keeps a non-finite number as a string', async () => {
    const output = join(temporaryFolder(), 'run');
    mockFake.loss = () => Number.NaN;
    await trainer(output, { epochs: 1 }).fit();
    expect(lines(output).find(({ type }) => type === 'epochEnd')).toMatchObject({ val: { loss: 'NaN' } });
  });

  test('after an abort ends its metrics with that, and is free again', async () => {
    const output = join(temporaryFolder(), 'run');
    const abort = new AbortController();
    const fit = trainer(output).fit({ signal: abort.signal, onEpochEnd: () => abort.abort('enough') });
    expect(await rejection(fit)).toBe('enough');
    expect(lines(output).at(-1)).toMatchObject({ type: 'end', stopped: 'aborted' });
    expect(readdirSync(output).sort()).toEqual([
      'best.pth',
      'checkpoint-0000-val-000025.pth',
      ...['config.json', 'last.pth', 'metrics.jsonl'],
    ]);
  });
});

describe('a folder that holds a run', () => {
  test('is refused and left as it is', async () => {
    const output = temporaryFolder();
    writeFileSync(join(output, 'best.pth'), 'precious');
    const error = await rejection(trainer(output).fit());
    expect(error.code).toBe('OUTPUT_EXISTS');
    expect(error.message).toContain('best.pth');
    expect(readdirSync(output)).toEqual(['best.pth']);
    expect(mockFake.calls).toEqual([]);
  });

  test('is replaced with overwrite, other files stay', async () => {
    const output = temporaryFolder(['notes.txt', 'last.pth', 'metrics.jsonl']);
    await trainer(output, { overwrite: true }).fit();
    expect(readdirSync(output).sort()).toEqual([
      'best.pth',
      'config.json',
      'last.pth',
      'metrics.jsonl',
      'notes.txt',
    ]);
    expect(lines(output)[0]?.type).toBe('start');
  });

  test('loses nothing to a run that cannot start', async () => {
    const output = temporaryFolder();
    writeFileSync(join(output, 'best.pth'), 'precious');
    const missing = trainer(output, { overwrite: true, data: { dir: '/nowhere' } });
    expect((await rejection(missing.fit())).code).toBe('DATASET_NOT_FOUND');
    expect(readFileSync(join(output, 'best.pth'), 'utf8')).toBe('precious');
  });
});

test('a run that cannot start leaves no folder behind', async () => {
  const output = join(temporaryFolder(), 'run');
  expect((await rejection(trainer(output, { data: { dir: '/nowhere' } }).fit())).code).toBe(
    'DATASET_NOT_FOUND',
  );
  expect(existsSync(output)).toBe(false);
});

describe('the lock', () => {
  const owner = { pid: process.pid, startTicks: '0', bootId: '', host: hostname(), token: 't' };

  test('keeps a second run out while the first one trains', async () => {
    const output = join(temporaryFolder(), 'run');
    let refused: { code?: string; message?: string } = {};
    await trainer(output).fit({
      onStart: async () => {
        refused = await rejection(trainer(output, { overwrite: true }).fit());
      },
    });
    expect(refused.code).toBe('OUTPUT_BUSY');
    expect(refused.message).toContain(`process ${process.pid}`);
    expect(existsSync(join(output, 'best.pth'))).toBe(true);
  });

  test('of a process that is gone is taken over', async () => {
    const output = temporaryFolder();
    writeFileSync(join(output, 'run.lock'), JSON.stringify(owner));
    await trainer(output).fit();
    expect(existsSync(join(output, 'run.lock'))).toBe(false);
  });

  test('of another machine counts, since nobody can ask there', async () => {
    const output = temporaryFolder();
    writeFileSync(join(output, 'run.lock'), JSON.stringify({ ...owner, host: 'elsewhere' }));
    const error = await rejection(trainer(output).fit());
    expect(error.code).toBe('OUTPUT_BUSY');
    expect(error.hint).toContain('run.lock');
  });
});

describe('a folder that cannot be written', () => {
  test('is OUTPUT_WRITE, before anything native is touched', async () => {
    const file = join(temporaryFolder(['file']), 'file');
    const error = await rejection(trainer(join(file, 'run')).fit());
    expect(error.code).toBe('OUTPUT_WRITE');
    expect(mockFake.calls).toEqual([]);
  });

  test('on a disk that fills up in mid-run ends it and gives the folder back', async () => {
    const output = temporaryFolder();
    mockFake.onSave = () => Promise.reject({ code: 'OUTPUT_WRITE', message: 'The disk is full.' });
    expect((await rejection(trainer(output).fit())).code).toBe('OUTPUT_WRITE');
    expect(existsSync(join(output, 'run.lock'))).toBe(false);
  });
});
