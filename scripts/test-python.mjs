/**
 * The Python stage: every generator of golden values runs again and must agree with its fixtures, and Python opens what
 * torchwing wrote. `PYTHON` names an interpreter with scripts/requirements.txt installed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { goldenEnvironment } from './golden-environment.mjs';
import { sumCounts } from './test-results.mjs';

const python = process.env.PYTHON ?? 'python3';

/** Photos beside the checkout; without them their comparison fails and says so. */
const photos = path.join('..', 'shared', 'data', 'hymenoptera_data');

/** Generators that can check themselves, the tests of test/parity, then photos pixel by pixel. */
const commands = [
  ...readdirSync('scripts/golden')
    .filter((name) => name.endsWith('.py') && name !== 'check_files.py')
    .map((name) => [python, path.join('scripts/golden', name), '--check']),
  ...readdirSync('test/parity')
    .filter((name) => name.endsWith('.py'))
    .map((name) => [python, path.join('test/parity', name)]),
  [process.execPath, 'scripts/parity/pixels.mjs', photos],
];

const total = sumCounts([]);
for (const [program, ...args] of commands) {
  console.log(`\n==> ${program} ${args.join(' ')}`);
  const begin = performance.now();
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit', env: goldenEnvironment });
  if (error) throw error;
  total[status === 0 ? 'passed' : 'failed'] += 1;
  console.log(
    `    ${status === 0 ? 'passed' : `FAILED with ${signal ?? status}`} in ${((performance.now() - begin) / 1000).toFixed(1)} s`,
  );
}
mkdirSync('build/test-results', { recursive: true });
writeFileSync('build/test-results/total-python.json', JSON.stringify(total));
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
