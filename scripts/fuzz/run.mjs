/**
 * Fuzzing: builds the programs of native/fuzz with AddressSanitizer and UndefinedBehaviorSanitizer, draws their corpora
 * and runs each for its share of the time. An input that fails is kept and its path printed.
 *
 *   npm run fuzz -- [--seconds N] [--seed N] [--target NAME]...     60 seconds in all, seed 0, every target
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildSanitized, SANITIZED } from '../sanitized-build.mjs';
import { heading, reportFailure, StepFailure } from '../setup/run.mjs';
import { sumCounts } from '../test-results.mjs';
import { drawCorpus, TARGETS } from './draw-corpus.mjs';

function build(targets) {
  heading('Fuzz programs, with AddressSanitizer and UndefinedBehaviorSanitizer');
  buildSanitized(targets.map((name) => `torchwing_fuzz_${name}`));
}

function count(text, name, otherwise) {
  if (text === undefined) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new StepFailure(`Invalid value for --${name}: received "${text}", expected a whole number.`, 2);
}

function fuzz({ seconds, seed, target = TARGETS }) {
  const unknown = target.find((name) => !TARGETS.includes(name));
  if (unknown !== undefined)
    throw new StepFailure(`No fuzz target "${unknown}", expected one of ${TARGETS.join(', ')}.`, 2);
  const time = Math.max(1, Math.round(count(seconds, 'seconds', 60) / target.length));
  const draws = `${count(seed, 'seed', 0)}`;
  build(target);
  const total = sumCounts([]);
  for (const name of target) {
    heading(`Fuzz ${name}, ${time} s`);
    const corpus = drawCorpus(name, path.join(SANITIZED, 'corpus'));
    const failures = path.join(SANITIZED, 'failures', name);
    const { status } = spawnSync(
      path.join(SANITIZED, `torchwing_fuzz_${name}`),
      [corpus, `${time}`, draws, failures],
      {
        stdio: 'inherit',
      },
    );
    total[status === 0 ? 'passed' : 'failed'] += 1;
  }
  mkdirSync('build/test-results', { recursive: true });
  writeFileSync('build/test-results/total-fuzz.json', JSON.stringify(total));
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (total.failed > 0) process.exitCode = 1;
}

try {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      seed: { type: 'string' },
      target: { type: 'string', multiple: true },
    },
  });
  fuzz(values);
} catch (error) {
  reportFailure(error);
}
