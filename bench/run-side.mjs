/** One run of one side of the benchmark in a process of its own, measured from outside. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { watchPeakPss } from './process-tree.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const program = path.join(here, '..', 'dist', 'train.js');

/**
 * @typedef {object} Measurement
 * @property {number} train images per second of the training phases
 * @property {Record<string, number>} trainMilliseconds per image and stage of the training phases; torchwing alone
 * @property {number} val images per second of the validation phases
 * @property {number} firstStep seconds from process start to the end of the first optimizer step
 * @property {number} memory peak PSS of the process tree, bytes
 */

/**
 * Starts `command`, hands each line of its output to `onLine(line, secondsSinceStart)`, which ends the process by
 * returning true, and resolves with the peak PSS.
 */
async function runMeasured(command, args, env, onLine) {
  const begin = process.hrtime.bigint();
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const peak = watchPeakPss(child.pid);
  let ended = false;
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (ended || !onLine(line, Number(process.hrtime.bigint() - begin) / 1e9)) return;
    ended = true;
    child.kill('SIGKILL');
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const memory = peak.stop();
  if (code !== 0 && !ended) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${errors}`);
  return memory;
}

/** @returns {Promise<Measurement>} with `firstStepOnly` that figure alone, and the process is ended there */
export async function runPeer({ python, script, mode, seed, epochs, workers, data, weights, firstStepOnly }) {
  let firstStep = Number.NaN;
  let rates = null;
  const memory = await runMeasured(
    python,
    [
      path.join(here, 'first_step.py'),
      script,
      mode === 'finetune' ? 'ft' : 'fe',
      `${seed}`,
      `${epochs}`,
      weights,
    ],
    { HYMENOPTERA: data, DATA: data, WORKERS: `${workers}` },
    (line, seconds) => {
      if (line === 'FIRST_STEP' && Number.isNaN(firstStep)) firstStep = seconds;
      if (line.startsWith('RESULT')) rates = /train img\/s ([\d.]+) val img\/s ([\d.]+)/.exec(line);
      return firstStepOnly && !Number.isNaN(firstStep);
    },
  );
  if (firstStepOnly) return { firstStep };
  if (!rates) throw new Error(`${script} printed no RESULT line with both rates`);
  return { train: Number(rates[1]), val: Number(rates[2]), firstStep, memory };
}

/** @returns {Promise<Measurement>} */
export async function runTorchwing({ libtorch, mode, seed, epochs, data, weights, firstStepOnly, extra }) {
  if (!existsSync(program)) throw new Error('dist/train.js is missing: run npm run build first');
  const output = mkdtempSync(path.join(tmpdir(), 'torchwing-bench-'));
  const sums = { train: { images: 0, seconds: 0 }, val: { images: 0, seconds: 0 } };
  const stages = {};
  let firstStep = Number.NaN;
  const args = [program, '--data', data, '--weights', weights, '--mode', mode, '--seed', `${seed}`];
  args.push('--epochs', `${epochs}`, '--output', path.join(output, 'run'), '--json', ...extra);
  try {
    const memory = await runMeasured(process.execPath, args, { LIBTORCH: libtorch }, (line, seconds) => {
      const event = JSON.parse(line);
      if (event.type === 'progress' && event.step >= 1 && Number.isNaN(firstStep)) firstStep = seconds;
      if (event.type === 'phaseEnd') {
        sums[event.phase].images += event.images;
        sums[event.phase].seconds += event.seconds;
        if (event.phase === 'train') {
          for (const [stage, cost] of Object.entries(event.costs))
            stages[stage] = (stages[stage] ?? 0) + cost;
        }
      }
      return firstStepOnly && !Number.isNaN(firstStep);
    });
    if (firstStepOnly) return { firstStep };
    const rate = (phase) => sums[phase].images / sums[phase].seconds;
    const trainMilliseconds = Object.fromEntries(
      Object.entries(stages).map(([stage, seconds]) => [stage, (seconds / sums.train.images) * 1000]),
    );
    return { train: rate('train'), trainMilliseconds, val: rate('val'), firstStep, memory };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
