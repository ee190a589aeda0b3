import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { drawPhotos } from './draw-photos';
import { faultsEnvironment } from './faults/preload';
import { quickFolder } from './run-files';

/** What test/process/programs/faulty-run.cjs prints of one attempt. */
interface Attempt {
  fault: string;
  match: string;
  nth: number;
  /** Calls that the fault had to choose from. */
  seen: number;
  outcome: string;
  warnings: string[];
  /** The epoch that it went on at; null when it ended before it began. */
  resumed: number | null;
  leftovers: string[];
  /** What is wrong with the checkpoints that lie there. */
  damaged: string[];
}

/** What test/process/programs/faulty-checkpoints.cjs prints of one kind of fault. */
interface Loop {
  fault: string;
  /** Calls of that kind that failed once each. */
  tried: number;
  /** Times that no checkpoint was written. */
  refused: number;
  unheard: number[];
  damaged: string[];
}

let place = '';
let data = '';
/** Epochs of so many steps that what is written at their ends is little beside the checkpoints. */
let longer = '';
let attempts: Attempt[] = [];
let run: <Line>(program: string, photos: string, output: string) => Line[];
beforeAll(() => {
  place = mkdtempSync(join(quickFolder(), 'torchwing-faults-'));
  data = drawPhotos({ train: 2, val: 2 });
  longer = drawPhotos({ train: 100, val: 1 });
  const { order, env } = faultsEnvironment(place);
  const cache = join(place, 'cache');
  mkdirSync(cache);
  run = (name, photos, output) => {
    const program = join(__dirname, 'programs', name);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [program, photos, join(place, output), order],
      {
        env: { ...process.env, ...env, XDG_CACHE_HOME: cache },
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  attempts = run('faulty-run.cjs', data, 'run');
}, 300_000);
afterAll(() => {
  for (const folder of [place, data, longer]) rmSync(folder, { recursive: true, force: true });
});

const hit = () => attempts.filter(({ fault, seen, nth }) => fault !== 'none' && seen >= nth);

test('every kind of fault was met, on every kind of file', () => {
  const met = new Set(hit().map(({ fault, match }) => `${fault} ${match.replace(place, '')}`));
  for (const fault of ['open EACCES', 'fsync EIO', 'rename EIO'])
    expect(met).toContain(`${fault} checkpoint-`);
  for (const file of ['best.pth', 'last.pth'])
    for (const fault of ['open EACCES', 'write ENOSPC', 'write short', 'rename EIO'])
      expect(met).toContain(`${fault} ${file}`);
  for (const fault of ['open EACCES', 'write ENOSPC', 'write EIO', 'write short', 'fsync EIO'])
    expect(met).toContain(`${fault} metrics.jsonl`);
  for (const fault of ['open EACCES', 'write ENOSPC', 'write short', 'rename EIO'])
    expect(met).toContain(`${fault} /cache`);
  expect(met).toContain('fsync EIO /run');
  expect(met).toContain('read EIO checkpoint-');
});

test('a run goes on with a warning or stops with a typed error, and leaves nothing half-written', () => {
  for (const attempt of attempts) {
    const refused = attempt.fault.startsWith('read') ? 'CHECKPOINT_UNREADABLE' : 'OUTPUT_WRITE';
    expect(['completed', refused]).toContain(attempt.outcome);
    expect(attempt.leftovers).toEqual([]);
  }
  for (const { fault, match, outcome, warnings } of hit()) {
    const heard = outcome !== 'completed' || warnings.includes('CHECKPOINT_NOT_WRITTEN');
    // The system's half of a write is the other half's business, and the cache saves time and nothing else.
    expect({ fault, match, heard }).toEqual({
      fault,
      match,
      heard: !fault.endsWith('short') && !match.endsWith('cache'),
    });
  }
});

test('a checkpoint that cannot be read ends the attempt, and the next one goes on from it', () => {
  const unread = attempts.filter(({ fault, outcome }) => fault.startsWith('read') && outcome !== 'completed');
  expect(unread.length).toBeGreaterThan(1);
  const before = attempts.filter(({ fault, resumed }) => !fault.startsWith('read') && resumed !== null);
  expect(attempts.at(-1)?.resumed).toBeGreaterThanOrEqual(before.at(-2)?.resumed ?? Infinity);
});

test('the last good checkpoint always loads: each attempt goes on at or behind the one before it', () => {
  for (const { damaged, warnings } of attempts) {
    expect(damaged).toEqual([]);
    expect(warnings.filter((code) => /^CHECKPOINT_(?!NOT_WRITTEN)/.test(code))).toEqual([]);
  }
  let epoch = 0;
  for (const { resumed } of attempts.slice(1)) {
    if (resumed === null) continue;
    expect(resumed).toBeGreaterThanOrEqual(epoch);
    epoch = resumed;
  }
  expect(epoch).toBeGreaterThan(10);
  expect(attempts.at(-1)).toMatchObject({ fault: 'none', outcome: 'completed', resumed: epoch });
});

// native/test/io/failing_disk_test.cc tries every single call, on a small file.
test('a call that writes a checkpoint may fail once: that one is refused by name, and all others are whole', () => {
  const loops = run<Loop>('faulty-checkpoints.cjs', longer, 'many');
  for (const { unheard, damaged } of loops)
    expect({ unheard, damaged }).toEqual({ unheard: [], damaged: [] });
  for (const { fault, tried, refused } of loops)
    expect({ fault, refused }).toEqual({ fault, refused: fault.endsWith('short') ? 0 : tried });
  const tries = Object.fromEntries(loops.map(({ fault, tried }) => [fault, tried]));
  expect(tries).toMatchObject({ 'open EACCES': 1, 'fsync EIO': 1, 'rename EACCES': 1, 'rename EIO': 1 });
  // 1, 2, 4, … 64 of a hundred tensors and more.
  for (const fault of ['write ENOSPC', 'write EIO', 'write short']) expect(tries[fault]).toBeGreaterThan(6);
}, 300_000);
