/**
 * What is native, under sanitizers: GoogleTests and the addon itself inside Node under AddressSanitizer, LeakSanitizer and
 * UndefinedBehaviorSanitizer, and what has threads and no ATen under ThreadSanitizer. Planted bugs show first that each of them
 * would be reported.
 *
 *   npm run test:sanitize
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { goldenEnvironment } from './golden-environment.mjs';
import { buildSanitized, SANITIZED } from './sanitized-build.mjs';
import { heading, outputOf, reportFailure } from './setup/run.mjs';
import { readGoogleTest, sumCounts } from './test-results.mjs';

const results = path.join('build', 'test-results');
const THREADS = 'build-tsan';
const HOST = path.join('test', 'process', 'programs', 'sanitized-host.cjs');

/** GoogleTest programs for memory: what reads files from anywhere, and what owns threads. */
const MEMORY_FOLDERS = ['io', 'data', 'runtime'];
/** And for threads: executor and slots, and the loader; the rest of `data` has no threads. */
const THREAD_FOLDERS = [
  { name: 'runtime', filter: '*' },
  { name: 'data', filter: '*Loader*:*Inspect*:*Cache*' },
];

const memory = {
  ...goldenEnvironment,
  ASAN_OPTIONS: 'detect_leaks=1:allocator_may_return_null=0',
  LSAN_OPTIONS: `suppressions=${path.resolve('scripts/sanitize/lsan.supp')}:print_suppressions=0`,
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const threads = { ...goldenEnvironment, TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' };
/** The addon finds its sanitizers already there: they have to see the first allocation of the process. */
const inNode = {
  ...memory,
  LD_PRELOAD: outputOf('c++', ['-print-file-name=libasan.so']),
  TORCHWING_PREBUILD: path.resolve(SANITIZED),
};

function googleTest(folder, { name, filter = '*' }, env) {
  heading(`GoogleTest under sanitizers: ${name} (${folder})`);
  const output = path.resolve(results, `${folder}-${name}.json`);
  const program = path.resolve(folder, `torchwing_test_${name}`);
  const args = ['--gtest_brief=1', `--gtest_filter=${filter}`, `--gtest_output=json:${output}`];
  const { status, signal } = spawnSync(program, args, { stdio: 'inherit', env });
  // What a filter left out is not skipped: it ran elsewhere.
  const ended = existsSync(output)
    ? withoutFiltered(readGoogleTest(JSON.parse(readFileSync(output, 'utf8'))), filter)
    : sumCounts([]);
  // A program that a sanitizer ended wrote nothing, or less than it ran.
  if (status !== 0 && ended.failed === 0) ended.failed += 1;
  if (signal) console.error(`${program} was ended by ${signal}`);
  return ended;
}

function withoutFiltered(counts, filter) {
  return filter === '*' ? counts : { ...counts, skipped: 0, skippedNames: [] };
}

/** One program that has to be reported, by these words. */
function planted(bug, words, command, env) {
  const [program, ...args] = command;
  const { status, stderr } = spawnSync(program, [...args, bug], { encoding: 'utf8', env });
  const reported = status !== 0 && stderr.includes(words);
  console.log(`planted in ${path.basename(program)}: ${bug} ${reported ? 'is reported' : 'IS NOT REPORTED'}`);
  if (!reported) console.error(stderr);
  return { ...sumCounts([]), passed: reported ? 1 : 0, failed: reported ? 0 : 1 };
}

const MEMORY_BUGS = [
  ['overflow', 'heap-buffer-overflow'],
  ['leak', 'LeakSanitizer: detected memory leaks'],
  ['undefined', 'runtime error: signed integer overflow'],
];

function plantedBugs() {
  heading('Planted bugs');
  const memoryProgram = [path.resolve(SANITIZED, 'torchwing_planted_bugs')];
  const addon = path.resolve(SANITIZED, 'planted', 'torchwing_planted_addon.node');
  const node = [process.execPath, HOST, addon];
  const counts = MEMORY_BUGS.flatMap(([bug, words]) => [
    planted(bug, words, memoryProgram, memory),
    planted(bug, words, node, inNode),
  ]);
  const race = planted('race', 'data race', [path.resolve(THREADS, 'torchwing_planted_bugs')], threads);
  return [...counts, race];
}

function addonInNode() {
  heading('The addon inside Node, under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer');
  // node-gyp-build looks for build/Release below the folder that it is given.
  if (!existsSync(path.join(SANITIZED, 'build'))) symlinkSync('.', path.join(SANITIZED, 'build'));
  const place = mkdtempSync(path.join(tmpdir(), 'torchwing-sanitize-'));
  try {
    const { status, signal, stdout } = spawnSync(process.execPath, ['--expose-gc', HOST, place], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      env: inNode,
    });
    process.stdout.write(stdout);
    const good = status === 0 && stdout.trimEnd().endsWith('done');
    if (!good) console.error(`${HOST} ended with ${status ?? signal}`);
    return { ...sumCounts([]), passed: good ? 1 : 0, failed: good ? 0 : 1 };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

try {
  heading('GoogleTest programs and the addon, with AddressSanitizer and UndefinedBehaviorSanitizer');
  buildSanitized([
    ...MEMORY_FOLDERS.map((name) => `torchwing_test_${name}`),
    ...['torchwing', 'torchwing_loader', 'torchwing_planted_bugs', 'torchwing_planted_addon'],
  ]);
  heading('GoogleTest programs, with ThreadSanitizer');
  buildSanitized([...THREAD_FOLDERS.map(({ name }) => `torchwing_test_${name}`), 'torchwing_planted_bugs'], {
    folder: THREADS,
    sanitizers: 'thread',
  });
  mkdirSync(results, { recursive: true });
  const total = sumCounts([
    ...plantedBugs(),
    ...MEMORY_FOLDERS.map((name) => googleTest(SANITIZED, { name }, memory)),
    addonInNode(),
    ...THREAD_FOLDERS.map((program) => googleTest(THREADS, program, threads)),
  ]);
  writeFileSync(path.join(results, 'total-sanitize.json'), JSON.stringify(total));
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
} catch (error) {
  reportFailure(error);
}
