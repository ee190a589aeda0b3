/**
 * The exit matrix of test/process/exits on the device: every way to end, in every state, and the riskiest of them while steps
 * are replayed from a CUDA graph.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { LIVE, RISKIEST, nameOf } = require('../../../test/process/exits/cells.cjs');
const { drawData, runCell } = require('../../../test/process/exits/run-cell.cjs');

export async function check(context) {
  process.env.TORCHWING_TEST_DEVICE = context.device;
  const data = await drawData(context.place);
  const plain = (context.dry ? RISKIEST.slice(0, 2) : LIVE).map((cell) => ({ cell, graph: false }));
  // A CPU has no graphs.
  const graphed = context.dry ? [] : RISKIEST.map((cell) => ({ cell, graph: true }));
  const problems = [];
  let slowest = 0;
  for (const { cell, graph } of [...plain, ...graphed]) {
    process.env.TORCHWING_TEST_CUDA_GRAPH = graph ? '1' : '0';
    const { problem, seconds } = await runCell(cell, { data, base: context.place });
    slowest = Math.max(slowest, seconds);
    if (problem !== null) problems.push([`${nameOf(cell)}${graph ? ', with CUDA graphs' : ''}`, problem]);
  }
  return {
    passed: problems.length === 0,
    notes: [
      `${plain.length} cells, and ${graphed.length} with CUDA graphs; the slowest process was gone ${slowest.toFixed(1)} s after its end was asked for.`,
    ],
    tables: problems.length === 0 ? [] : [{ head: ['cell', 'problem'], rows: problems }],
  };
}
