/**
 * Fits of a batch that is too large for the device, of a small one, and of the large one in parts, in one process, for the check
 * `out-of-memory`: node memory-host.mjs CONFIG BATCH SMALL. CONFIG is JSON. Prints one line of JSON per fit: how it ended.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Trainer } = require('../../dist/index.js');

const [config, batch, small] = process.argv.slice(2).map((text) => JSON.parse(text));

const trainerOf = (batchSize, autoBatch) =>
  new Trainer({ ...config, autoBatch, data: { ...config.data, batchSize } });

async function attempt(name, trainer) {
  const told = { name, outcome: 'completed', warnings: [] };
  try {
    await trainer.fit({ onWarning: ({ code }) => told.warnings.push(code) });
  } catch (error) {
    Object.assign(told, { outcome: error.code ?? 'an error', message: error.message });
    Object.assign(told, { details: error.details ?? null });
  }
  console.log(JSON.stringify(told));
}

const refused = trainerOf(batch, false);
await attempt('too large', refused);
const smaller = trainerOf(small, false);
await attempt('small, afterwards', smaller);
smaller.dispose();
// The trainer itself is as usable as it was.
await attempt('too large, once more', refused);
refused.dispose();
const parts = trainerOf(batch, true);
await attempt('too large, with autoBatch', parts);
parts.dispose();
