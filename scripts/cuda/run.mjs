/**
 * `npm run test:cuda`: everything about CUDA that needs a GPU, one check after the other, each in a process of its own, and a
 * report. Without a GPU it lists what was not run. options.mjs has the command line.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { heading, reportFailure, StepFailure } from '../setup/run.mjs';
import { askTorchwing, facts, slug, whyNotRun } from './machine.mjs';
import { HELP, readOptions } from './options.mjs';
import { exitCode, report, verdict } from './report.mjs';

const RUNNER = path.resolve('scripts/cuda/run-check.mjs');
/** Not here: what the checks need is not on this machine. */
const EXIT_NOT_RUN = 5;

function runCheck({ name, minutes, env }, context) {
  const file = path.join(context.place, `${name}.json`);
  const begin = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [RUNNER, name, JSON.stringify(context), file], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, ...env },
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), minutes * 60_000);
    const end = (failure) => {
      clearTimeout(timer);
      const seconds = (performance.now() - begin) / 1000;
      if (failure !== null || !existsSync(file))
        resolve({ passed: false, failure: failure ?? 'it said nothing', seconds });
      else resolve({ ...JSON.parse(readFileSync(file, 'utf8')), seconds });
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => {
      const late = signal === 'SIGKILL' ? ` (its limit is ${minutes} minutes)` : '';
      end(code === 0 ? null : `its process ended with ${signal ?? code}${late}`);
    });
  });
}

function placeOfReport({ output, name, device }, answer) {
  if (output !== null) return output;
  // A dry run's report never lies where a device's would.
  if (device === 'cpu') return path.resolve('build', 'reports', `cuda-${name ?? 'dry-run'}.md`);
  const found = answer.status.devices.find(({ index }) => device === `cuda:${index}`);
  return path.resolve('docs', 'reports', `cuda-${name ?? slug(found.name)}.md`);
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(HELP);
    return;
  }
  if (!existsSync('dist/index.js')) throw new StepFailure('dist/ is missing. Type: npm run build');
  const answer = askTorchwing();
  const reason = whyNotRun(options.device, answer.status);
  if (reason !== null) {
    for (const { title } of options.checks) console.log(`not run: ${title}`);
    console.log(`\n${options.checks.length} checks were not run: ${reason}.`);
    if (answer.status.cure !== null) console.log(answer.status.cure);
    process.exitCode = EXIT_NOT_RUN;
    return;
  }
  const { device, data, weights, python } = options;
  const place = mkdtempSync(path.join(tmpdir(), 'torchwing-test-cuda-'));
  const checks = [];
  try {
    for (const check of options.checks) {
      heading(check.title);
      const result = await runCheck(check, { device, dry: device === 'cpu', data, weights, python, place });
      console.log(verdict(result));
      checks.push({ ...check, result });
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  const file = placeOfReport(options, answer);
  mkdirSync(path.dirname(file), { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(file, report({ checks, facts: facts(device, answer), dry: device === 'cpu', date }));
  console.log(`\nThe report is ${path.relative('.', file)}`);
  process.exitCode = exitCode(checks.map(({ result }) => result));
}

try {
  await main();
} catch (error) {
  reportFailure(error);
}
