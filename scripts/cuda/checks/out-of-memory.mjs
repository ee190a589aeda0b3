/**
 * A batch for which the device has no memory is OUT_OF_MEMORY that names it, the process trains on, and `autoBatch` brings the
 * same batch through. In the dry run the CPU's large allocations fail, by a preloaded library.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { askTorchwing } from '../machine.mjs';
import { tooLarge } from '../too-large.mjs';
import { listOf, photosOf } from '../training.mjs';

const require = createRequire(import.meta.url);
const { compilePreload } = require('../../../test/process/faults/compile-preload.cjs');

const HOST = path.resolve('scripts/cuda/memory-host.mjs');
const SMALL_BATCH = 4;

/** Between ResNet-18's largest weight, 9 MiB, and what the stem makes of 16 images of 128 x 128 pixels, 16 MiB. */
const DRY_LARGEST_BLOCK = 12 * 2 ** 20;

function plan({ dry, device, place }) {
  if (dry) {
    const env = {
      LD_PRELOAD: compilePreload('memory', place),
      TORCHWING_LARGEST_BLOCK: `${DRY_LARGEST_BLOCK}`,
    };
    return { arch: 'resnet18', imageSize: 128, batch: 16, env };
  }
  const { devices } = askTorchwing().status;
  return { ...tooLarge(devices.find(({ index }) => device === `cuda:${index}`).totalMemory), env: {} };
}

async function fits(context, { arch, imageSize, batch, env }) {
  const folder = await photosOf(context);
  const config = {
    data: {
      train: { list: listOf(folder, 'train', batch) },
      val: { list: listOf(folder, 'val', 2) },
      imageSize,
      workers: 1,
      preflight: false,
    },
    model: { arch, weights: null },
    epochs: 1,
    device: context.device,
    ...(context.dry ? { threads: 1 } : {}),
  };
  const args = [HOST, ...[config, batch, SMALL_BATCH].map((part) => JSON.stringify(part))];
  const stdout = execFileSync(process.execPath, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** What is wrong with how a fit ended; null when nothing is. */
export function problemOf({ name, outcome, message, details, warnings }, batch) {
  if (name.startsWith('small')) return outcome === 'completed' ? null : `it ended with ${outcome}`;
  if (name.endsWith('autoBatch')) {
    if (outcome !== 'completed') return `it ended with ${outcome}`;
    return warnings.includes('MICRO_BATCH') ? null : 'the batch was not too large';
  }
  if (outcome !== 'OUT_OF_MEMORY') return `it ended with ${outcome}`;
  if (!message.includes(`a batch of ${batch} images`)) return 'it does not name the batch';
  // A torchwing that has no figures says what LibTorch says.
  if (details === null || details === undefined) return null;
  const { batchSize, asked, free } = details;
  const whole = batchSize === batch && asked > 0 && typeof free === 'number';
  return whole ? null : `its figures are ${JSON.stringify(details)}`;
}

export async function check(context) {
  const planned = plan(context);
  const found = await fits(context, planned);
  const rows = found.map((fit) => {
    const problem = problemOf(fit, planned.batch);
    const size = fit.name.startsWith('small') ? SMALL_BATCH : planned.batch;
    return [
      fit.name,
      `${size}`,
      fit.message ?? fit.outcome,
      problem === null ? 'passed' : `FAILED: ${problem}`,
    ];
  });
  return {
    passed: rows.length === 4 && rows.every((row) => row.at(-1) === 'passed'),
    notes: [`${planned.arch}, ${planned.imageSize} pixels, all in one process, one after the other.`],
    tables: [{ head: ['fit', 'batch', 'how it ended', ''], rows }],
  };
}
