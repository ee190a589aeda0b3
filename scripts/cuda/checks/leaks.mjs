/**
 * The program of test/process/leaks.test.ts on the device: what is held after many epochs, and after many fits, without CUDA
 * graphs and with them.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const { writeInsects } = require('../../../dist/demo/write-insects.js');
const { STEADY_MALLOC } = require('../../../test/process/programs/gauge.cjs');
const HOST = path.resolve('test/process/programs/leak-host.cjs');

/** Bytes that may be held more after each, as on the CPU. */
const ALLOWED = { epochs: 2 * 1024, fits: 50 * 1024 };
const COUNTS = { epochs: 2000, fits: 200 };
/** Too few to see a kilobyte beside the warm-up: they show that the check runs. */
const DRY_COUNTS = { epochs: 20, fits: 16 };

/** @returns what leak-host.cjs prints */
function growth(context, data, { unit, graph, count }) {
  const output = path.join(context.place, `leaks-${unit}-${graph}`);
  const env = {
    ...process.env,
    ...STEADY_MALLOC,
    TORCHWING_TEST_DEVICE: context.device,
    TORCHWING_TEST_CUDA_GRAPH: graph ? '1' : '0',
  };
  const args = ['--expose-gc', HOST, unit, `${count}`, data, output, 'none'];
  return JSON.parse(
    execFileSync(process.execPath, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 2] }),
  );
}

export async function check(context) {
  // Epochs of two photos, whatever --data is: their number counts.
  const data = path.join(context.place, 'two-photos');
  await writeInsects(data, { seed: 1, size: 48, perClass: { train: 1, val: 1 } });
  const rows = [];
  // A CPU has no graphs.
  for (const graph of context.dry ? [false] : [false, true]) {
    for (const unit of ['epochs', 'fits']) {
      const count = (context.dry ? DRY_COUNTS : COUNTS)[unit];
      const { heap, resident, threads, descriptors } = growth(context, data, { unit, graph, count });
      const steady = threads.length === 1 && descriptors.length === 1;
      const good = steady && (context.dry || (heap <= ALLOWED[unit] && resident <= ALLOWED[unit]));
      const bar = context.dry ? 'too few to judge' : `${ALLOWED[unit]}`;
      rows.push([
        `${count} ${unit}${graph ? ' with CUDA graphs' : ''}`,
        heap.toFixed(0),
        resident.toFixed(0),
        bar,
        `${threads}`,
        `${descriptors}`,
        good ? 'passed' : 'FAILED',
      ]);
    }
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: [
      'Bytes per epoch or per fit; the counts of threads and descriptors that were seen must not change.',
    ],
    tables: [{ head: ['after', 'heap', 'resident', 'allowed', 'threads', 'descriptors', ''], rows }],
  };
}
