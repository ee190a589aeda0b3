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
  const titles = stdout.match(/(?<=^not run: ).+/gm);
  expect(titles).toHaveLength(14);
  for (const title of [
    'One step in channels_last order and in 16 bits against the CPU',
    'Loss scaling, to the bit',
    'A loss that is not finite',
    'A batch too large for the device',
  ])
    expect(titles).toContain(title);
  expect(stdout).toMatch(/14 checks were not run: \S.+\.\n/);
});

test.each([
  [
    'five-steps',
    ['| finetune | plain | 0 | 0 (none) | 1.0e-4 | passed |', '| finetune | channels_last | 0 |'],
  ],
  ['layers', ['| channels_last | gradients |', '| fp16 | running statistics | 1.0e+0 | 4.0e+0 |']],
  ['loss-scaler', ['| operations | gradients overflow | 1099511627776, 5 | 549755813888, 0 |']],
  ['bad-loss', ['| operations | The loss became NaN in training step 7 of epoch 2, ', '| the same bits |']],
  ['memory', ['| val 1 | ', ' MiB | unknown | unknown | unknown | unknown | passed |']],
  [
    'out-of-memory',
    ['| small, afterwards | 4 | completed | passed |', 'autoBatch | 16 | completed | passed |'],
  ],
])(
  'the dry run of %s really trains, and its report says that it proves nothing of CUDA',
  (name, lines) => {
    const folder = mkdtempSync(join(tmpdir(), 'torchwing-dry-'));
    try {
      const file = join(folder, 'report.md');
      const { status, stderr } = run('--device', 'cpu', '--only', name, '--output', file);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const report = readFileSync(file, 'utf8');
      expect(report).toContain('It proves nothing of CUDA.');
      for (const line of lines) expect(report).toContain(line);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
