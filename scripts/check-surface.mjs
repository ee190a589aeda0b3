/** Fails when lib/native/types.ts and what the addons really export differ. Needs a build. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describeAddon, readInterfaces, wantedSurface } from './surface.mjs';

const require = createRequire(import.meta.url);
const { loadNative, openLoader } = require('../dist/native/load.js');
const { findAddonFiles } = require('../dist/native/addon-files.js');

const interfaces = readInterfaces(readFileSync('lib/native/types.ts', 'utf8'));
const pairs = [
  ['NativeAddon', wantedSurface(interfaces, 'NativeAddon'), describeAddon(await loadNative())],
  [
    'NativeLibraryLoader',
    wantedSurface(interfaces, 'NativeLibraryLoader'),
    describeAddon(openLoader(findAddonFiles().loader)),
  ],
];
let different = 0;
for (const [name, wanted, real] of pairs) {
  const lines = [
    ...wanted
      .filter((line) => !real.includes(line))
      .map((line) => `${name}: types.ts has ${line}, the addon does not`),
    ...real
      .filter((line) => !wanted.includes(line))
      .map((line) => `${name}: the addon has ${line}, types.ts does not`),
  ];
  for (const line of lines) console.error(line);
  different += lines.length;
}
console.log(different === 0 ? 'types.ts and the addons agree.' : `${different} differences.`);
process.exitCode = different === 0 ? 0 : 1;
