import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inScript, root } from './script-module';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-scripts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of the checkout in the temporary folder. */
function script(name: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', name), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n'), errors: stderr };
}

/** A stand-in for a GoogleTest program: a shell script that writes `report` where it is told, then runs `ending`. */
function testProgram(name: string, report: object | null, ending: string) {
  mkdirSync(join(folder, 'native', 'test', name), { recursive: true });
  mkdirSync(join(folder, 'build'), { recursive: true });
  const file = join(folder, 'build', `torchwing_test_${name}`);
  const write =
    report === null ? '' : `cat > "\${2#--gtest_output=json:}" <<'END'\n${JSON.stringify(report)}\nEND\n`;
  writeFileSync(file, `#!/bin/sh\n${write}${ending}\n`);
  chmodSync(file, 0o755);
}

const suite = (...testsuite: object[]) => ({ testsuites: [{ name: 'Resize', testsuite }] });
const passed = { name: 'Grows', status: 'RUN', result: 'COMPLETED' };
const failed = { name: 'Shrinks', status: 'RUN', result: 'COMPLETED', failures: [{ failure: 'no' }] };
const skipped = { name: 'OnCuda', status: 'RUN', result: 'SKIPPED' };
const disabled = { name: 'DISABLED_Waits', status: 'NOTRUN', result: 'SUPPRESSED' };

describe('counting', () => {
  test('of a GoogleTest report tells passed, failed, skipped and disabled tests apart', () => {
    const report = JSON.stringify(suite(passed, failed, skipped, disabled));
    expect(inScript('test-results.mjs', `return m.readGoogleTest(${report});`)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 2,
      skippedNames: ['Resize.OnCuda', 'Resize.DISABLED_Waits'],
    });
  });

  test('of a Jest report takes a file that cannot be loaded for a failure', () => {
    const report = JSON.stringify({
      numPassedTests: 3,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 1,
      testResults: [
        {
          assertionResults: [
            { status: 'pending', fullName: 'a waits' },
            { status: 'todo', fullName: 'b' },
          ],
        },
      ],
    });
    expect(inScript('test-results.mjs', `return m.readJest(${report});`)).toEqual({
      passed: 3,
      failed: 2,
      skipped: 2,
      skippedNames: ['a waits', 'b'],
    });
  });
});

describe('run-tests.mjs', () => {
  const run = (allowed = '') => {
    mkdirSync(join(folder, 'test'), { recursive: true });
    writeFileSync(join(folder, 'test', 'allowed-skips.txt'), allowed);
    return script('run-tests.mjs', 'native');
  };

  test('adds up the programs and ends with the line of counts', () => {
    testProgram('data', suite(passed, passed), 'exit 0');
    testProgram('io', suite(passed), 'exit 0');
    const { status, lines } = run();
    expect({ status, last: lines.at(-1) }).toEqual({ status: 0, last: '3 passed, 0 failed, 0 skipped' });
  });

  test('fails on a failed test', () => {
    testProgram('data', suite(passed, failed), 'exit 1');
    const { status, lines } = run();
    expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: '1 passed, 1 failed, 0 skipped' });
  });

  test('counts a program that was killed before it reported as one failure', () => {
    testProgram('data', suite(passed), 'exit 0');
    testProgram('io', null, 'kill -SEGV $$');
    const { status, lines, errors } = run();
    expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: '1 passed, 1 failed, 0 skipped' });
    expect(errors).toContain('SIGSEGV');
  });

  test('counts a program that is not there as one failure', () => {
    mkdirSync(join(folder, 'native', 'test', 'data'), { recursive: true });
    const { status, lines } = run();
    expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last: '0 passed, 1 failed, 0 skipped' });
  });

  test('names a skipped test, and fails unless it is on the list', () => {
    testProgram('data', suite(passed, skipped), 'exit 0');
    const unlisted = run('# Resize.OnCuda\n');
    expect(unlisted.status).toBe(1);
    expect(unlisted.errors).toContain('"Resize.OnCuda" was skipped');
    const listed = run('# CUDA only\nResize.OnCuda\n');
    expect(listed.status).toBe(0);
    expect(listed.lines).toContain('skipped: Resize.OnCuda');
    expect(listed.lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
  });
});

describe('summary.mjs', () => {
  const total = (name: string, counts: object) => {
    mkdirSync(join(folder, 'build', 'test-results'), { recursive: true });
    writeFileSync(join(folder, 'build', 'test-results', name), JSON.stringify(counts));
  };

  test('adds up all stages', () => {
    total('total-npm-test.json', { passed: 5, failed: 0, skipped: 1, skippedNames: ['x'] });
    total('total-python.json', { passed: 2, failed: 0, skipped: 0, skippedNames: [] });
    total('total-fuzz.json', { passed: 3, failed: 0, skipped: 0, skippedNames: [] });
    total('total-sanitize.json', { passed: 4, failed: 0, skipped: 0, skippedNames: [] });
    const { status, lines } = script('summary.mjs');
    expect({ status, lines }).toEqual({ status: 0, lines: ['14 passed, 0 failed, 1 skipped'] });
  });

  test('takes a stage that left no counts for a failure', () => {
    total('total-npm-test.json', { passed: 5, failed: 0, skipped: 0, skippedNames: [] });
    total('total-fuzz.json', { passed: 0, failed: 0, skipped: 0, skippedNames: [] });
    total('total-sanitize.json', { passed: 0, failed: 0, skipped: 0, skippedNames: [] });
    const { status, lines } = script('summary.mjs');
    expect({ status, lines }).toEqual({ status: 1, lines: ['5 passed, 1 failed, 0 skipped'] });
  });
});
