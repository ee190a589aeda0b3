/** The exit matrix of test/process/exits on the device: every way to end, in every state. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { LIVE, RISKIEST, nameOf } = require('../../../test/process/exits/cells.cjs');
const { drawData, runCell } = require('../../../test/process/exits/run-cell.cjs');

export async function check(context) {
  process.env.TORCHWING_TEST_DEVICE = context.device;
  const data = await drawData(context.place);
  const cells = context.dry ? RISKIEST.slice(0, 2) : LIVE;
  const problems = [];
  let slowest = 0;
  for (const cell of cells) {
    const { problem, seconds } = await runCell(cell, { data, base: context.place });
    slowest = Math.max(slowest, seconds);
    if (problem !== null) problems.push([nameOf(cell), problem]);
  }
  return {
    passed: problems.length === 0,
    notes: [
      `${cells.length} cells; the slowest process was gone ${slowest.toFixed(1)} s after its end was asked for.`,
    ],
    tables: problems.length === 0 ? [] : [{ head: ['cell', 'problem'], rows: problems }],
  };
}
