/** Builds programs with AddressSanitizer and UndefinedBehaviorSanitizer, beside the build that is used. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { outputOf, run } from './setup/run.mjs';

/** The product's own search; it needs dist/. */
function libTorchRoot() {
  run(process.execPath, ['scripts/build-ts.mjs'], { quiet: true });
  return createRequire(import.meta.url)('../dist/native/libtorch.js').findLibTorch().root;
}

/** Where they lie; tests and fuzz programs share what is compiled. */
export const SANITIZED = 'build-sanitize';

/** @param programs CMake targets to build */
export function buildSanitized(programs) {
  const defines = {
    TORCHWING_BUILD_TESTS: 'ON',
    TORCHWING_BUILD_FUZZERS: 'ON',
    TORCHWING_SANITIZE: 'address,undefined',
    TORCHWING_LIBTORCH: libTorchRoot(),
  };
  const generator = outputOf('sh', ['-c', 'command -v ninja']) === null ? 'Unix Makefiles' : 'Ninja';
  const flags = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  run('cmake', ['-S', '.', '-B', SANITIZED, '-G', generator, ...flags], { quiet: true });
  run('cmake', ['--build', SANITIZED, '--parallel', `${availableParallelism()}`, '--target', ...programs]);
}
