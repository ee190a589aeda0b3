import { rmSync } from 'node:fs';
import { runProgram } from './child';
import { drawPhotos } from './draw-photos';

/** Crashes at the end of a process are races: one run passes half of the time. */
const RUNS = Number(process.env['TORCHWING_LIFETIME_RUNS'] ?? 20);
/** Each run maps LibTorch anew, about a second. */
const TIMEOUT = RUNS * 15_000;

let data: string;
beforeAll(() => {
  data = drawPhotos({ train: 20, val: 4 });
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

const endings: [string, { code: number | null; signal: NodeJS.Signals | null }][] = [
  ['exit', { code: 7, signal: null }],
  ['uncaught', { code: 1, signal: null }],
  // The library installs no handler: the host dies as it would without us.
  ['sigint', { code: null, signal: 'SIGINT' }],
  ['natural', { code: 0, signal: null }],
];

test.each(endings)(
  `a host that ends by %s in mid-epoch ends as it would without us, in ${RUNS} of ${RUNS} runs`,
  async (ending, expected) => {
    for (let run = 0; run < RUNS; run++) {
      const { code, signal } = await runProgram('host.cjs', [ending, data], (line, kill) => {
        if (line === 'TRAINING') kill('SIGINT');
      });
      expect({ run, code, signal }).toEqual({ run, ...expected });
    }
  },
  TIMEOUT,
);

test(
  `a worker terminated in mid-epoch leaves the main thread usable, in ${RUNS} of ${RUNS} runs`,
  async () => {
    for (let run = 0; run < RUNS; run++) {
      const { code, signal, stderr } = await runProgram('worker-host.cjs', ['terminate', data]);
      expect({ run, code, signal, stderr }).toEqual({ run, code: 0, signal: null, stderr: '' });
    }
  },
  TIMEOUT,
);

test(
  `a host that exits while a worker trains ends without a crash, in ${RUNS} of ${RUNS} runs`,
  async () => {
    for (let run = 0; run < RUNS; run++) {
      const { code, signal, stderr } = await runProgram('worker-host.cjs', ['exit', data]);
      expect({ run, code, signal, stderr }).toEqual({ run, code: 7, signal: null, stderr: '' });
    }
  },
  TIMEOUT,
);

test('a fit through the API prints nothing', async () => {
  const { code, stdout, stderr } = await runProgram('silent-fit.cjs', [data]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.each(['exit', 'terminate'])(
  'preflight that is ended by %s stops reading, and nothing crashes',
  async (ending) => {
    for (let run = 0; run < 3; run++) {
      const { code, signal, stderr } = await runProgram('inspect-host.cjs', [ending, data]);
      expect({ run, code, signal, stderr }).toEqual({ run, code: 7, signal: null, stderr: '' });
    }
  },
  60_000,
);
