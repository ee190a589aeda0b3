/**
 * Runs one check in this process and writes its result, for scripts/cuda/run.mjs: node run-check.mjs NAME CONTEXT RESULT
 * CONTEXT is JSON: { device, dry, data, weights, python, place }. RESULT is the file that is written:
 * `{ passed, notes, tables: [{ head, rows }] }`, or `{ notRun: reason }`.
 */
import { writeFileSync } from 'node:fs';

const [name, context, result] = process.argv.slice(2);
const { check } = await import(`./checks/${name}.mjs`);
writeFileSync(result, JSON.stringify(await check(JSON.parse(context))));
