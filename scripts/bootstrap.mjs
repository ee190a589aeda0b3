/**
 * All of the set-up, each step only when something it depends on has changed, and then what was asked for:
 * `start` runs the demo, `test` every test, `setup` nothing more. Needs Node alone.
 */
import { existsSync } from 'node:fs';
import { heading, reportFailure, run, StepFailure } from './setup/run.mjs';
import { once } from './setup/stamp.mjs';
import { installSystemPackages } from './setup/system-packages.mjs';

const goal = process.argv[2];
const node = process.execPath;

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new StepFailure(`Node ${process.versions.node} is too old, expected at least 20.19.`);
}

function installNpmPackages() {
  const inputs = ['package.json', 'package-lock.json'];
  once('npm', { inputs, outputs: ['node_modules/typescript', 'node_modules/cmake-js'] }, () => {
    heading('npm packages');
    // Not `npm ci`: it demands lock entries for the optional binaries of platforms that not every registry serves. The
    // versions are the lockfile's all the same. No package here needs its install script.
    run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']);
  });
}

function buildTypeScript() {
  once(
    'typescript',
    { inputs: ['lib', 'tsconfig.json', 'scripts/build-ts.mjs'], outputs: ['dist/index.mjs'] },
    () => {
      heading('TypeScript build');
      run(node, ['scripts/build-ts.mjs']);
    },
  );
}

function bootstrap() {
  if (!['start', 'test', 'setup'].includes(goal)) {
    throw new StepFailure('Usage: node scripts/bootstrap.mjs start|test|setup', 2);
  }
  requireNode();
  installSystemPackages({ forTests: goal === 'test' });
  installNpmPackages();
  buildTypeScript();
  heading('LibTorch');
  run(node, ['dist/cli/main.js', 'setup', ...process.argv.slice(3)]);
  if (goal === 'setup') return;
  run(node, ['scripts/build-native.mjs', ...(goal === 'test' ? ['--tests'] : [])]);
  if (goal === 'start') run(node, ['dist/cli/main.js', 'demo', ...process.argv.slice(3)]);
  else run(node, ['scripts/run-tests.mjs', ...process.argv.slice(3)]);
}

try {
  if (!existsSync('package.json')) throw new StepFailure('Run this from the folder of the checkout.', 2);
  bootstrap();
} catch (error) {
  reportFailure(error);
}
