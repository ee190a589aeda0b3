/** The dependency rule of docs/architecture.md: who may import whom, and where Node and the raw addon may be seen. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Folders of lib/ from the top down; a file imports from its own layer or from lower ones. */
const LAYERS = [
  ['cli', ''],
  ['demo', 'setup', 'trainer', 'predictor', 'report'],
  ['config', 'data', 'model', 'optim'],
  ['native'],
];
/** Single files of lib/ and the layer they belong to; every other one is an entry at the top. */
const LOOSE_FILES = { 'tensor.ts': 2, 'cuda.ts': 2, 'version.ts': 2 };

function layerOf(file) {
  const folder = file.includes('/') ? file.slice(0, file.indexOf('/')) : '';
  if (folder === '' && file in LOOSE_FILES) return LOOSE_FILES[file];
  return LAYERS.findIndex((folders) => folders.includes(folder));
}

const problems = [];
const list = (root, pattern) => readdirSync(root, { recursive: true }).filter((name) => pattern.test(name));

for (const file of list('lib', /\.ts$/)) {
  const text = readFileSync(path.join('lib', file), 'utf8');
  if (layerOf(file) < 0) problems.push(`lib/${file}: its folder belongs to no layer`);
  for (const [, target] of text.matchAll(/(?:from|require\()\s*'(\.[^']+)'/g)) {
    const imported = `${path.posix.join(path.posix.dirname(file), target)}.ts`;
    if (layerOf(imported) < layerOf(file))
      problems.push(`lib/${file}: imports ${imported} from a layer above`);
    const crossesReport = /^(trainer|predictor|demo)\//.test(file) && imported.startsWith('report/');
    if (crossesReport) problems.push(`lib/${file}: imports ${imported}, but training code knows only events`);
  }
  if (/process\.dlopen/.test(text) && file !== 'native/load.ts')
    problems.push(`lib/${file}: loads an addon; only native/load.ts may`);
}
for (const file of list('native/core', /\.(h|cc)$/)) {
  const text = readFileSync(path.join('native/core', file), 'utf8');
  if (/#include <(napi|node_api|node|v8|uv)\.h>/.test(text))
    problems.push(`native/core/${file}: includes a header of Node`);
  if (/^(data|runtime)\//.test(file) && /#include <(ATen|c10|torch)\//.test(text))
    problems.push(`native/core/${file}: includes LibTorch`);
}

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? 'The dependency rule holds.'
    : `${problems.length} breaches of the dependency rule.`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
