/** The dependency rule of docs/architecture.md: who may import whom, and where Node and the raw addon may be seen. */
import path from 'node:path';

/** Folders of lib/ from the top down; a file imports from its own layer or from lower ones. */
const LAYERS = [
  ['cli'],
  ['demo', 'export', 'setup', 'trainer', 'predictor', 'report'],
  ['config', 'data', 'model', 'optim'],
  ['download'],
  ['files'],
  ['native'],
];
/** Single files of lib/ and the layer they belong to. */
const LOOSE_FILES = { 'index.ts': 0, 'train.ts': 0, 'tensor.ts': 2, 'cuda.ts': 2, 'version.ts': 2 };

/** Index in LAYERS of a file named from lib/; undefined for one that has no place. */
function layerOf(file) {
  if (!file.includes('/')) return LOOSE_FILES[file];
  const index = LAYERS.findIndex((folders) => folders.includes(file.slice(0, file.indexOf('/'))));
  return index < 0 ? undefined : index;
}

/** What a TypeScript file imports, by any of the forms: from, bare import, import(), require(). */
function importsOf(text) {
  const forms = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*'([^']+)'/g;
  return [...text.matchAll(forms)].map(([, target]) => target);
}

/** Breaches in one file of lib/, named from there. */
export function breachesOfTypeScript(file, text) {
  const layer = layerOf(file);
  if (layer === undefined) return ['belongs to no layer'];
  const breaches = [];
  for (const target of importsOf(text)) {
    if (target === 'node-gyp-build' && file !== 'native/addon-files.ts')
      breaches.push('looks for the addon; only native/addon-files.ts may');
    if (!target.startsWith('.')) continue;
    if (target.endsWith('.node')) breaches.push(`imports ${target}; only native/load.ts opens addons`);
    const imported = `${path.posix.join(path.posix.dirname(file), target)}.ts`;
    const below = layerOf(imported);
    if (below === undefined) breaches.push(`imports ${imported}, which belongs to no layer`);
    if (below < layer) breaches.push(`imports ${imported} from a layer above`);
    if (/^(trainer|predictor|demo|export)\//.test(file) && imported.startsWith('report/'))
      breaches.push(`imports ${imported}, but training code knows only events`);
  }
  if (/process\.dlopen/.test(text) && file !== 'native/load.ts')
    breaches.push('opens an addon; only native/load.ts may');
  return breaches;
}

/** Breaches in one file of native/core/, named from there. */
export function breachesOfNativeCore(file, text) {
  const breaches = [];
  if (/#include [<"](napi|node_api|js_native_api|node|v8|uv)\.h[>"]/.test(text))
    breaches.push('includes a header of Node');
  if (/#include "(binding|loader)\//.test(text)) breaches.push('includes a header of a layer above');
  if (/^(data|runtime)\//.test(file) && /#include <(ATen|c10|torch)\//.test(text))
    breaches.push('includes LibTorch, which ThreadSanitizer cannot judge');
  return breaches;
}
