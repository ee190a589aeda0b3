/**
 * Trains, interrupts in every way, goes on and predicts, at random from a seed, for as long as it is told; fails at the first
 * thing that is not as it has to be.
 *
 *   npm run soak -- --minutes N [--seed S] [--report FILE]
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { describeCommit } from '../commit.mjs';
import { root } from './torchwing.mjs';
import { GROWTH, LONGEST_DELAY } from './watch.mjs';

const require = createRequire(import.meta.url);
const { STEADY_MALLOC } = require('../../test/process/programs/gauge.cjs');
const { quickFolder } = require('../../test/process/quick-folder.cjs');
const { INSECT_CLASSES } = require('../../dist/demo/draw-insects.js');
const { insectPath, writeInsects } = require('../../dist/demo/write-insects.js');

const PER_CLASS = { train: 9, val: 6 };
/** Bytes that two runs at once, the references and their checkpoints stay below. */
const ROOM = 4 * 2 ** 30;

const help = `npm run soak -- --minutes N [--seed S] [--report FILE]

  --minutes N     how long
  --seed S        decides what is done, in which order (default: drawn from the clock)
  --report FILE   where the figures are written as JSON`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
      report: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (values.help || !(minutes > 0) || !Number.isSafeInteger(seed)) {
    console.log(help);
    process.exit(values.help ? 0 : 2);
  }
  return { minutes, seed, report: values.report };
}

function describeMachine() {
  return { node: process.versions.node, cpu: cpus()[0]?.model, cores: availableParallelism() };
}

/** Runs the session; gives its first and its last line. */
function runSession(task) {
  const session = path.join(root, 'scripts', 'soak', 'session.mjs');
  const child = spawn(process.execPath, ['--expose-gc', session, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...STEADY_MALLOC,
      TMPDIR: path.join(task.place, 'tmp'),
      XDG_CACHE_HOME: path.join(task.place, 'cache'),
    },
  });
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    console.log(text);
    lines.push(line);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const [first, last] = [lines.at(0), lines.at(-1)];
      const failed = code !== 0 || last?.type !== 'end';
      resolve({ first, last, failure: failed ? (last?.message ?? `it ended with ${code ?? signal}`) : null });
    });
  });
}

async function main() {
  const { minutes, seed, report } = readOptions();
  const place = mkdtempSync(path.join(quickFolder(ROOM), 'torchwing-soak-'));
  const data = path.join(place, 'data');
  mkdirSync(data);
  await writeInsects(data, { seed: 1, size: 48, perClass: PER_CLASS });
  const images = INSECT_CLASSES.flatMap((insect) =>
    Array.from({ length: PER_CLASS.val }, (_, at) => path.join(data, insectPath('val', insect, at))),
  );
  const commit = describeCommit('lib', 'native');
  const date = new Date().toISOString();
  console.log(`Soak for ${minutes} minutes with seed ${seed} in ${place}`);
  const { first, last, failure } = await runSession({ place, data, images, minutes, seed });
  const { type: _type, message: _message, ...figures } = last ?? {};
  const result = {
    commit,
    date,
    minutes,
    seed,
    machine: { ...describeMachine(), ...first?.versions },
    recipes: first?.recipes,
    bounds: { growthPerAction: GROWTH, longestDelay: LONGEST_DELAY },
    ...figures,
    failure,
  };
  if (report !== undefined) writeFileSync(report, `${JSON.stringify(result, null, 2)}\n`);
  if (failure === null) {
    rmSync(place, { recursive: true });
    return;
  }
  console.error(`The soak failed, and left ${place} to be looked at:\n${failure}`);
  process.exitCode = 1;
}

await main();
