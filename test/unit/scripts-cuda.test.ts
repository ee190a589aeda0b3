import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inScript, root } from './script-module';

const passed = { passed: true, notes: ['A note.'], tables: [{ head: ['a', 'b'], rows: [['1|2', '3']] }] };
const failed = { passed: false, notes: [], tables: [] };
const crashed = { passed: false, failure: 'its process ended with SIGSEGV' };
const notRun = { notRun: 'there is no weight file' };

test.each([
  [[passed, passed], 0],
  [[passed, failed], 1],
  [[notRun, crashed], 1],
  [[passed, notRun], 5],
  [[], 0],
])('the exit code of %j is %i', (results, code) => {
  expect(inScript('cuda/report.mjs', `return m.exitCode(${JSON.stringify(results)});`)).toBe(code);
});

describe('the report', () => {
  const written = (dry: boolean) =>
    inScript<string>(
      'cuda/report.mjs',
      `return m.report(${JSON.stringify({
        checks: [
          { name: 'one', title: 'One', result: { ...passed, seconds: 61.4 } },
          { name: 'two', title: 'Two', result: crashed },
          { name: 'three', title: 'Three', result: notRun },
        ],
        facts: [['device', 'H100']],
        dry,
        date: '2026-01-02',
      })});`,
    );

  test('has the facts, one line per check, and what each found', () => {
    const text = written(false);
    expect(text).toMatch(/^# CUDA checks\n/);
    expect(text).toContain('| device | H100 |');
    expect(text).toContain('| One | passed |');
    expect(text).toContain('| Two | FAILED: its process ended with SIGSEGV |');
    expect(text).toContain('| Three | not run: there is no weight file |');
    expect(text).toContain('## One\n\npassed (61 s)\n\nA note.\n\n| a | b |\n| --- | --- |\n| 1\\|2 | 3 |');
    expect(text).not.toContain('dry run');
  });

  test('says of a dry run that it proves nothing of CUDA', () => {
    const text = written(true);
    expect(text).toMatch(/^# Dry run of the CUDA checks, on the CPU\n/);
    expect(text).toContain('It proves nothing of CUDA.');
  });
});

test('every check of the table has its file, and every file is in the table', () => {
  const names = inScript<string[]>('cuda/checks.mjs', 'return m.CHECKS.map(({ name }) => name);');
  const files = readdirSync(join(root, 'scripts', 'cuda', 'checks'));
  expect(files.sort()).toEqual(names.map((name) => `${name}.mjs`).sort());
});

test('every check that trains with `deterministic` has the workspace of cuBLAS that CUDA wants for it', () => {
  const checks = inScript<{ name: string; env?: Record<string, string> }[]>(
    'cuda/checks.mjs',
    'return m.CHECKS;',
  );
  const deterministic = checks.filter(({ name }) =>
    readFileSync(join(root, 'scripts', 'cuda', 'checks', `${name}.mjs`), 'utf8').includes('deterministic'),
  );
  expect(deterministic.map(({ name }) => name)).toEqual(['repeatability', 'graph', 'bad-loss']);
  for (const { env } of deterministic) expect(env).toMatchObject({ CUBLAS_WORKSPACE_CONFIG: ':4096:8' });
});

test.each([
  [['--only', 'graph,speed'], 'Invalid value for --only: received "speed", expected one of operators,'],
  [['--device', 'gpu'], 'Invalid value for --device: received "gpu", expected cuda, cuda:N or cpu.'],
  [['--name', '../x'], 'Invalid value for --name: received "../x"'],
  [['--data', '/nonexistent'], 'Invalid value for --data: "/nonexistent" is not there.'],
])('%j is refused', (args, message) => {
  const refused = inScript<string>(
    'cuda/options.mjs',
    `try { m.readOptions(${JSON.stringify(args)}); return 'accepted'; } catch (error) { return error.message; }`,
  );
  expect(refused).toContain(message);
});

test('a device that is not there is told with those that are', () => {
  const status = { available: true, whyNot: null, devices: [{ index: 0 }, { index: 1 }] };
  const why = (device: string, of: object) =>
    inScript('cuda/machine.mjs', `return m.whyNotRun(${JSON.stringify(device)}, ${JSON.stringify(of)});`);
  expect(why('cuda:1', status)).toBeNull();
  expect(why('cuda:2', status)).toBe('there is no cuda:2, only cuda:0, cuda:1');
  expect(why('cuda:0', { available: false, whyNot: 'no driver', devices: [] })).toBe('no driver');
  expect(why('cpu', { available: false, whyNot: 'no driver', devices: [] })).toBeNull();
});

test('photos are listed to any length, classes in turn', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchwing-list-'));
  try {
    for (const [label, names] of Object.entries({ ants: ['a.png', 'b.png'], bees: ['c.png'] })) {
      mkdirSync(join(folder, 'train', label), { recursive: true });
      for (const name of names) writeFileSync(join(folder, 'train', label, name), '');
    }
    const list = inScript<{ path: string; label: string }[]>(
      'cuda/training.mjs',
      `return m.listOf(${JSON.stringify(folder)}, 'train', 5);`,
    );
    const names = list.map(({ path, label }) => `${label} ${path.slice(path.lastIndexOf('/') + 1)}`);
    expect(names).toEqual(['ants a.png', 'bees c.png', 'ants b.png', 'bees c.png', 'ants a.png']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what differs is told tensor by tensor, and distances are relative', () => {
  const found = inScript(
    'cuda/session.mjs',
    `const { relativeDistance } = await import('./scripts/cuda/training.mjs');
    const a = new Map([['model.x', Float32Array.of(0)], ['momentum.x', Float32Array.of(3, 4)]]);
    const b = new Map([['model.x', Float32Array.of(-0)], ['momentum.x', Float32Array.of(3, 4)]]);
    return {
      all: m.differing(a, b),
      momentum: m.differing(a, b, 'momentum.'),
      missing: m.differing(a, new Map(), 'momentum.'),
      relative: relativeDistance([3, 4], [3, 4.5]),
      small: relativeDistance([0], [0.25], 1),
    };`,
  );
  expect(found).toEqual({
    all: ['model.x'],
    momentum: [],
    missing: ['momentum.x'],
    relative: 0.1,
    small: 0.25,
  });
});

test('the batch that is too large for a device needs half as much again, and two of its images fit', () => {
  const sizes = [8, 80, 141].map((gibibytes) => gibibytes * 2 ** 30);
  const plans = inScript<{ batch: number }[]>(
    'cuda/too-large.mjs',
    `return ${JSON.stringify(sizes)}.map((bytes) => m.tooLarge(bytes));`,
  );
  for (const [at, { batch }] of plans.entries()) {
    const ofImage = (1.5 * (sizes[at] ?? 0)) / batch;
    expect(ofImage).toBeLessThan(1e9);
    expect(2 * ofImage).toBeLessThan((sizes[at] ?? 0) / 3);
  }
});

describe('a fit for the check of memory', () => {
  const problemOf = (fit: object) =>
    inScript(
      'cuda/checks/out-of-memory.mjs',
      `return m.problemOf(${JSON.stringify({ warnings: [], ...fit })}, 16);`,
    );
  const refused = { name: 'too large', outcome: 'OUT_OF_MEMORY', message: 'with a batch of 16 images' };
  const figures = { batchSize: 16, asked: 1, free: 0 };
  const parts = { name: 'too large, with autoBatch', outcome: 'completed' };

  test.each([
    [{ ...refused, details: null }, null],
    [{ ...refused, details: figures }, null],
    [
      { ...refused, details: { ...figures, free: null } },
      'its figures are {"batchSize":16,"asked":1,"free":null}',
    ],
    [{ ...refused, message: 'no memory' }, 'it does not name the batch'],
    [{ ...refused, outcome: 'completed' }, 'it ended with completed'],
    [{ name: 'small, afterwards', outcome: 'completed' }, null],
    [{ name: 'small, afterwards', outcome: 'OUT_OF_MEMORY' }, 'it ended with OUT_OF_MEMORY'],
    [{ ...parts, warnings: ['MICRO_BATCH'] }, null],
    [parts, 'the batch was not too large'],
    [{ ...parts, outcome: 'OUT_OF_MEMORY' }, 'it ended with OUT_OF_MEMORY'],
  ])('%j is judged: %p', (fit, problem) => {
    expect(problemOf(fit)).toBe(problem);
  });
});
