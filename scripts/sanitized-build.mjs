/** Builds programs and the addon with sanitizers, beside the build that is used. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { outputOf, run } from './setup/run.mjs';

const require = createRequire(import.meta.url);

/** The product's own search; it needs dist/. */
function libTorchRoot() {
  run(process.execPath, ['scripts/build-ts.mjs'], { quiet: true });
  return require('../dist/native/libtorch.js').findLibTorch().root;
}

/** Where they lie; tests and fuzz programs share what is compiled. */
export const SANITIZED = 'build-sanitize';

/**
 * @param programs CMake targets to build
 * @param options.folder where, default SANITIZED
 * @param options.sanitizers default address,undefined
 */
export function buildSanitized(programs, { folder = SANITIZED, sanitizers = 'address,undefined' } = {}) {
  const defines = {
    TORCHWING_BUILD_TESTS: 'ON',
    TORCHWING_BUILD_FUZZERS: 'ON',
    TORCHWING_SANITIZE: sanitizers,
    TORCHWING_LIBTORCH: libTorchRoot(),
    // As cmake-js says it.
    CMAKE_JS_INC: path.join(path.dirname(require.resolve('node-api-headers/package.json')), 'include'),
  };
  const generator = outputOf('sh', ['-c', 'command -v ninja']) === null ? 'Unix Makefiles' : 'Ninja';
  const flags = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  run('cmake', ['-S', '.', '-B', folder, '-G', generator, ...flags], { quiet: true });
  run('cmake', ['--build', folder, '--parallel', `${availableParallelism()}`, '--target', ...programs]);
}
