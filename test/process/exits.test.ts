import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { quickFolder } from './run-files';

interface Cell {
  situation: string;
  state: string;
  ending: string;
}

const { SITUATIONS, STATES, ENDINGS, LIVE, VOID, RISKIEST, nameOf } = require('./exits/cells.cjs') as {
  SITUATIONS: string[];
  STATES: string[];
  ENDINGS: Record<string, number>;
  LIVE: Cell[];
  VOID: (Cell & { reason: string })[];
  RISKIEST: (Cell & { risk: string })[];
  nameOf: (cell: Cell) => string;
};
const { drawData, runCell } = require('./exits/run-cell.cjs') as {
  drawData: (folder: string) => Promise<string>;
  runCell: (
    cell: Cell,
    options: { data: string; base: string; host?: string },
  ) => Promise<{ problem: string | null; seconds: number }>;
};

/** Processes at once: while one maps LibTorch another one waits for its end. */
const AT_ONCE = 3;
/** A crash at the end of a process is a race, which one run wins half of the time. */
const RISKY_RUNS = 20;

let base = '';
let data = '';
beforeAll(async () => {
  base = mkdtempSync(join(quickFolder(), 'torchwing-exits-'));
  data = await drawData(base);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** What went wrong, one line each. */
async function problemsOf(cells: readonly Cell[], host?: string): Promise<string[]> {
  const waiting = [...cells];
  const problems: string[] = [];
  const work = async () => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const { problem } = await runCell(cell, { data, base, ...(host === undefined ? {} : { host }) });
      if (problem !== null) problems.push(`${nameOf(cell)}: ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return problems;
}

test('every cell of the matrix is live, or void for a reason', () => {
  expect(LIVE.length + VOID.length).toBe(SITUATIONS.length * STATES.length * Object.keys(ENDINGS).length);
  expect([LIVE.length, VOID.length]).toEqual([291, 24]);
  expect(new Set(VOID.map(({ reason }) => reason))).toEqual(
    new Set(['there is no worker to terminate', 'what the worker has loaded stays loaded']),
  );
  for (const { risk: _, ...cell } of RISKIEST) expect(LIVE).toContainEqual(cell);
  expect(RISKIEST).toHaveLength(10);
});

test.each([
  ['crash', 'died of SIGABRT'],
  ['hang', 'hung for 5 s'],
  ['wrong code', 'exit code 3, expected 0'],
  ['a word', 'printed: a word'],
  ['a lock', 'left run.lock behind'],
  ['a temporary file', 'left .best.pth.tmp-1-1 behind'],
  ['a file among the temporary ones', 'left tmp/torchwing-photos behind'],
  ['half a line', 'a/metrics.jsonl is not whole: half a line'],
  ['half of the weights', 'a/best.pth is not whole: '],
  ['half a checkpoint', 'a/checkpoint-0001-train-000000.pth is not whole: '],
])('%s at the end of a process would be noticed', async (situation, problem) => {
  const cell = { situation, state: 'idle', ending: 'natural' };
  const [found] = await problemsOf([cell], join(__dirname, 'exits', 'faulty-host.cjs'));
  expect(found).toContain(problem);
});

test(`each of ${LIVE.length} ways to end has its documented exit code, and leaves no signal, hang or half a file`, async () => {
  expect(await problemsOf(LIVE)).toEqual([]);
}, 1_200_000);

test.each(RISKIEST.map((cell) => [nameOf(cell), cell.risk, cell] as const))(
  `%s, where %s, ends so in ${RISKY_RUNS} of ${RISKY_RUNS} runs`,
  async (_name, _risk, cell) => {
    expect(await problemsOf(Array(RISKY_RUNS).fill(cell))).toEqual([]);
  },
  600_000,
);
