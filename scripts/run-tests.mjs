/**
 * Every test: GoogleTest programs, then Jest (unit, process, parity, package). Ends with `N passed, N failed, N skipped`;
 * fails on any failure and on a test that was skipped without being on test/allowed-skips.txt.
 *
 *   node scripts/run-tests.mjs [FOLDER_OF_TEST...]      for example: unit native
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goldenEnvironment } from './golden-environment.mjs';
import { readGoogleTest, readJest, sumCounts, unexpectedSkips } from './test-results.mjs';

const results = path.join('build', 'test-results');
const kinds = process.argv.slice(2);
const wanted = (kind) => kinds.length === 0 || kinds.includes(kind);

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const counts = [];

if (wanted('native')) {
  for (const folder of readdirSync('native/test')) {
    const program = path.resolve('build', `torchwing_test_${folder}`);
    const output = path.resolve(results, `native-${folder}.json`);
    console.log(`\n==> GoogleTest: ${folder}`);
    const { status, signal } = spawnSync(program, ['--gtest_brief=1', `--gtest_output=json:${output}`], {
      stdio: 'inherit',
      env: goldenEnvironment,
    });
    const ended = existsSync(output)
      ? readGoogleTest(JSON.parse(readFileSync(output, 'utf8')))
      : sumCounts([]);
    // A program that crashed wrote nothing, or less than it ran.
    if (status !== 0 && ended.failed === 0) ended.failed += 1;
    if (signal) console.error(`${program} was ended by ${signal}`);
    counts.push(ended);
  }
}

const jestFolders = ['unit', 'process', 'parity', 'package']
  .filter((kind) => wanted(kind))
  .map((kind) => `test/${kind}/`);
if (jestFolders.length > 0) {
  console.log(`\n==> Jest: ${jestFolders.join(' ')}`);
  const output = path.resolve(results, 'jest.json');
  const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${output}`, ...jestFolders];
  // --json also prints the whole result on stdout; people read the reporter on stderr.
  const { status } = spawnSync(process.execPath, jest, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = existsSync(output) ? readJest(JSON.parse(readFileSync(output, 'utf8'))) : sumCounts([]);
  if (status !== 0 && ended.failed === 0) ended.failed += 1;
  counts.push(ended);
}

const total = sumCounts(counts);
for (const name of total.skippedNames) console.log(`skipped: ${name}`);
const allowed = readFileSync('test/allowed-skips.txt', 'utf8');
const unexpected = unexpectedSkips(total.skippedNames, allowed);
for (const name of unexpected)
  console.error(`error: "${name}" was skipped and is not on test/allowed-skips.txt`);
writeFileSync(path.join(results, 'total-npm-test.json'), JSON.stringify(total));
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
if (total.failed > 0 || unexpected.length > 0 || total.passed === 0) process.exitCode = 1;
