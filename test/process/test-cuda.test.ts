import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../unit/script-module';

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/cuda/run.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    // So that a machine with a GPU is one without.
    env: { ...process.env, CUDA_VISIBLE_DEVICES: '' },
  });

test('without a GPU, npm run test:cuda lists what was not run, says why, and exits with 5', () => {
  const { status, stdout } = run();
  expect(status).toBe(5);
  expect(stdout.match(/^not run: /gm)).toHaveLength(9);
  expect(stdout).toMatch(/9 checks were not run: \S.+\.\n/);
});

test('the dry run really trains, and its report says that it proves nothing of CUDA', () => {
  const folder = mkdtempSync(join(tmpdir(), 'torchwing-dry-'));
  try {
    const file = join(folder, 'report.md');
    const { status, stderr } = run('--device', 'cpu', '--only', 'five-steps', '--output', file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = readFileSync(file, 'utf8');
    expect(report).toContain('It proves nothing of CUDA.');
    expect(report).toContain('| finetune | 0 | 0 (none) | 1.0e-4 | passed |');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
