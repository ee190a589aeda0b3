/**
 * Builds the two addons into build/Release through cmake-js, and with --tests the GoogleTest programs into build/.
 *
 *   node scripts/build-native.mjs [--tests] [--sanitize LIST] [--out FOLDER]
 */

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { heading, reportFailure, run, StepFailure } from './setup/run.mjs';
import { once } from './setup/stamp.mjs';

const require = createRequire(import.meta.url);

/** The product's own search, so that the build and the program agree on which LibTorch it is. */
function findLibTorch() {
  if (!existsSync('dist/native/libtorch.js')) run(process.execPath, ['scripts/build-ts.mjs']);
  const { findLibTorch: find } = require('../dist/native/libtorch.js');
  const { minorOf } = require('../dist/native/libtorch-folder.js');
  try {
    const libtorch = find();
    return { libtorch, digits: minorOf(libtorch.version).replace('.', '') };
  } catch (error) {
    if (typeof error.code !== 'string') throw error;
    throw new StepFailure([error.message, error.hint].filter(Boolean).join('\n  '));
  }
}

/** Whether NVIDIA's wheels have brought what cmake/CudaPart.cmake needs: headers that come later change what is built. */
function cudaHeaders(root) {
  const nvidia = path.join(root, '..', 'nvidia');
  if (!existsSync(nvidia)) return false;
  return readdirSync(nvidia).some((name) => existsSync(path.join(nvidia, name, 'include/crt/host_config.h')));
}

function build({ tests, sanitize, out }) {
  const { libtorch, digits } = findLibTorch();
  const release = path.join(out, 'Release');
  const testPrograms = readdirSync('native/test').map((folder) => path.join(out, `torchwing_test_${folder}`));
  const built = once(
    `native-${out.replace(/\W/g, '_')}${tests ? '-tests' : ''}`,
    {
      inputs: ['native', 'cmake', 'CMakeLists.txt', 'package.json'],
      extra: JSON.stringify({ libtorch, sanitize, cuda: cudaHeaders(libtorch.root) }),
      outputs: [
        path.join(release, `torchwing.lt${digits}.node`),
        path.join(release, 'torchwing_loader.node'),
        ...(tests ? testPrograms : []),
      ],
    },
    () => {
      heading(`Native build on LibTorch ${libtorch.version} (${libtorch.root})`);
      const defines = {
        TORCHWING_LIBTORCH: libtorch.root,
        TORCHWING_BUILD_TESTS: tests ? 'ON' : 'OFF',
        TORCHWING_SANITIZE: sanitize,
      };
      const flags = Object.entries(defines).map(([name, value]) => `--CD${name}=${value}`);
      const shared = ['--out', out, '--parallel', `${availableParallelism()}`, ...flags];
      for (const command of ['configure', 'build'])
        run(process.execPath, ['node_modules/cmake-js/bin/cmake-js', command, ...shared]);
    },
  );
  if (!built) console.log(`Native build is up to date (LibTorch ${libtorch.version}).`);
}

try {
  const { values } = parseArgs({
    options: {
      tests: { type: 'boolean', default: false },
      sanitize: { type: 'string', default: '' },
      out: { type: 'string', default: 'build' },
    },
  });
  build(values);
} catch (error) {
  reportFailure(error);
}
