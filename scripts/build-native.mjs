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
import { heading, run } from './setup/run.mjs';
import { once } from './setup/stamp.mjs';

const require = createRequire(import.meta.url);
const { values: options } = parseArgs({
  options: {
    tests: { type: 'boolean', default: false },
    sanitize: { type: 'string', default: '' },
    out: { type: 'string', default: 'build' },
  },
});

// The product's own search, so that the build and the program agree on which LibTorch it is.
const { findLibTorch } = require('../dist/native/libtorch.js');
const { minorOf } = require('../dist/native/libtorch-folder.js');
const libtorch = findLibTorch();
const addon = `torchwing.lt${minorOf(libtorch.version).replace('.', '')}.node`;
const release = path.join(options.out, 'Release');
const testPrograms = existsSync('native/test')
  ? readdirSync('native/test').map((folder) => path.join(options.out, `torchwing_test_${folder}`))
  : [];

const built = once(
  `native-${options.out.replace(/\W/g, '_')}${options.tests ? '-tests' : ''}`,
  {
    inputs: ['native', 'cmake', 'CMakeLists.txt', 'package.json'],
    extra: JSON.stringify({ libtorch, sanitize: options.sanitize }),
    outputs: [
      path.join(release, addon),
      path.join(release, 'torchwing_loader.node'),
      ...(options.tests ? testPrograms : []),
    ],
  },
  () => {
    heading(`Native build on LibTorch ${libtorch.version} (${libtorch.root})`);
    const cmakeJs = ['node_modules/cmake-js/bin/cmake-js'];
    const shared = ['--out', options.out, '--parallel', `${availableParallelism()}`];
    const defines = {
      TORCHWING_LIBTORCH: libtorch.root,
      TORCHWING_BUILD_TESTS: options.tests ? 'ON' : 'OFF',
      TORCHWING_SANITIZE: options.sanitize,
    };
    const flags = Object.entries(defines).map(([name, value]) => `--CD${name}=${value}`);
    run(process.execPath, [...cmakeJs, 'configure', ...shared, ...flags]);
    run(process.execPath, [...cmakeJs, 'build', ...shared, ...flags]);
  },
);
if (!built) console.log(`Native build is up to date (LibTorch ${libtorch.version}).`);
