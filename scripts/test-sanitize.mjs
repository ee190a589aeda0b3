/**
 * The GoogleTests of what reads files from anywhere, weights and images, under AddressSanitizer and
 * UndefinedBehaviorSanitizer.
 *
 *   npm run test:sanitize
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goldenEnvironment } from './golden-environment.mjs';
import { buildSanitized, SANITIZED } from './sanitized-build.mjs';
import { heading, reportFailure } from './setup/run.mjs';
import { readGoogleTest, sumCounts } from './test-results.mjs';

const results = path.join('build', 'test-results');
const FOLDERS = ['io', 'data'];

/** LibTorch allocates and frees outside the sanitizer's sight; what it keeps to the end of the process is no leak of ours. */
const environment = { ...goldenEnvironment, ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=0' };

function test(name) {
  heading(`GoogleTest under sanitizers: ${name}`);
  const output = path.resolve(results, `sanitize-${name}.json`);
  const program = path.resolve(SANITIZED, `torchwing_test_${name}`);
  const { status, signal } = spawnSync(program, ['--gtest_brief=1', `--gtest_output=json:${output}`], {
    stdio: 'inherit',
    env: environment,
  });
  const ended = existsSync(output) ? readGoogleTest(JSON.parse(readFileSync(output, 'utf8'))) : sumCounts([]);
  // A program that a sanitizer ended wrote nothing, or less than it ran.
  if (status !== 0 && ended.failed === 0) ended.failed += 1;
  if (signal) console.error(`${program} was ended by ${signal}`);
  return ended;
}

try {
  heading('GoogleTest programs, with AddressSanitizer and UndefinedBehaviorSanitizer');
  buildSanitized(FOLDERS.map((name) => `torchwing_test_${name}`));
  mkdirSync(results, { recursive: true });
  const total = sumCounts(FOLDERS.map(test));
  writeFileSync(path.join(results, 'total-sanitize.json'), JSON.stringify(total));
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
} catch (error) {
  reportFailure(error);
}
