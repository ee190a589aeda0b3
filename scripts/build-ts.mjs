/** lib/ to dist/: CommonJS with declarations by tsc, then the ESM entry that re-exports every name of it. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { reportFailure, run } from './setup/run.mjs';

const require = createRequire(import.meta.url);

function buildTypeScript() {
  rmSync('dist', { recursive: true, force: true });
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  const names = Object.keys(require('../dist/index.js')).sort();
  const lines = names.map((name) => `export const ${name} = torchwing.${name};\n`);
  writeFileSync('dist/index.mjs', `import torchwing from './index.js';\n\n${lines.join('')}`);
  writeFileSync('dist/index.d.mts', `export * from './index.js';\n`);
  for (const program of ['dist/train.js', 'dist/cli/main.js']) chmodSync(program, 0o755);
}

try {
  buildTypeScript();
} catch (error) {
  reportFailure(error);
}
