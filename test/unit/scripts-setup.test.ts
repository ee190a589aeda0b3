import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inScript, root } from './script-module';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-scripts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a step that was done', () => {
  /** Runs the step `times` with lib/ as input and out as output; says each time whether it worked. */
  const steps = (...changes: string[]) =>
    inScript<boolean[]>(
      'setup/stamp.mjs',
      `
        const fs = await import('node:fs');
        fs.mkdirSync('lib/deep', { recursive: true });
        fs.writeFileSync('lib/deep/a.ts', '1');
        const step = (extra) => m.once('step', { inputs: ['lib'], extra, outputs: ['out'] }, () => fs.writeFileSync('out', ''));
        const worked = [step()];
        ${changes.map((change) => `${change};`).join('\n')}
        return worked;
      `,
      folder,
    );

  test('is not done again', () => {
    expect(steps('worked.push(step())', 'worked.push(step())')).toEqual([true, false, false]);
  });

  test.each([
    ['the content of an input changes', "fs.writeFileSync('lib/deep/a.ts', '2')"],
    ['an input gets another name', "fs.renameSync('lib/deep/a.ts', 'lib/deep/b.ts')"],
    ['an input is added', "fs.writeFileSync('lib/c.ts', '')"],
    ['its output is gone', "fs.rmSync('out')"],
  ])('is done again when %s', (_, change) => {
    expect(steps(change, 'worked.push(step())', 'worked.push(step())')).toEqual([true, true, false]);
  });

  test('is done again with another setting', () => {
    expect(steps("worked.push(step('cuda'))", "worked.push(step('cuda'))")).toEqual([true, true, false]);
  });

  test('is done again after it failed', () => {
    const failing = "try { m.once('step', { inputs: [], outputs: [] }, () => { throw 1; }); } catch {}";
    expect(steps("fs.writeFileSync('lib/c.ts', '')", failing, 'worked.push(step())')).toEqual([true, true]);
  });
});

describe('system packages', () => {
  test('only those whose absence is seen are installed, those of the tests only for tests', () => {
    const needs = `[
      { name: 'g++', present: () => true },
      { name: 'libpng-dev', present: () => false },
      { name: 'libgtest-dev', present: () => false, tests: true },
    ]`;
    const body = `return [m.missingPackages(false, ${needs}), m.missingPackages(true, ${needs})];`;
    expect(inScript('setup/system-packages.mjs', body)).toEqual([
      ['libpng-dev'],
      ['libpng-dev', 'libgtest-dev'],
    ]);
  });

  test('root needs no sudo, another user one that asks no question', () => {
    const body = 'return [m.rootPrefix(true, false), m.rootPrefix(false, true), m.rootPrefix(false, false)];';
    expect(inScript('setup/system-packages.mjs', body)).toEqual([[], ['sudo', '-n'], null]);
  });

  test('with TORCHWING_NO_SYSTEM=1 set-up stops with the line to type and exit code 4', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'sh'));
    writeFileSync(join(folder, 'package.json'), '{}');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts', 'bootstrap.mjs'), 'setup'],
      { cwd: folder, env: { PATH: bin, TORCHWING_NO_SYSTEM: '1' }, encoding: 'utf8' },
    );
    expect(status).toBe(4);
    expect(stdout).not.toContain('npm packages');
    expect(stderr.trim()).toBe(
      'error: System packages are missing. Type: sudo apt-get install -y g++ cmake ninja-build libjpeg-dev libpng-dev libtiff-dev libwebp-dev zlib1g-dev',
    );
  });
});

describe('bootstrap.mjs', () => {
  const run = (cwd: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), ...args], { cwd, encoding: 'utf8' });

  test('says how it is used', () => {
    const { status, stderr } = run(root, 'everything');
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 2,
      stderr: 'error: Usage: node scripts/bootstrap.mjs start|test|setup',
    });
  });

  test('refuses a folder that is no checkout', () => {
    const { status, stderr } = run(folder, 'setup');
    expect({ status, stderr: stderr.trim() }).toEqual({
      status: 2,
      stderr: 'error: Run this from the folder of the checkout.',
    });
  });
});
