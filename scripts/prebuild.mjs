/**
 * prebuilds/linux-x64/: the two addons, stripped, and the image libraries that a plain machine may lack beside them, with
 * their notices. Run after `npm run build`.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isShipped, neededLibraries, packageOf } from './shared-libraries.mjs';

const target = path.join('prebuilds', 'linux-x64');
const release = path.join('build', 'Release');

/** Where the dynamic linker finds each library that `file` needs. */
function resolvedLibraries(file) {
  const lines = execFileSync('ldd', [file], { encoding: 'utf8' }).split('\n');
  return new Map(
    lines
      .map((line) => /^\s*(\S+) => (\/\S+)/.exec(line))
      .filter(Boolean)
      .map(([, name, where]) => [name, where]),
  );
}

rmSync(target, { recursive: true, force: true });
mkdirSync(path.join(target, 'notices'), { recursive: true });

const addons = readdirSync(release).filter((name) => name.endsWith('.node'));
if (addons.length !== 2)
  throw new Error(`${release} holds ${addons.length} addons, expected 2: run npm run build first`);
for (const addon of addons) {
  const file = path.join(target, addon);
  copyFileSync(path.join(release, addon), file);
  execFileSync('strip', ['--strip-unneeded', file]);
}

const found = resolvedLibraries(
  path.join(
    release,
    addons.find((name) => name.startsWith('torchwing.lt')),
  ),
);
const pending = addons.flatMap((addon) => neededLibraries(path.join(target, addon)));
for (const soname of new Set(pending)) {
  if (!isShipped(soname)) continue;
  const source = realpathSync(found.get(soname));
  copyFileSync(source, path.join(target, soname));
  const notice = `/usr/share/doc/${packageOf(source)}/copyright`;
  if (!existsSync(notice)) throw new Error(`The notice of ${soname} is missing: ${notice}`);
  copyFileSync(notice, path.join(target, 'notices', `${soname}.txt`));
}
console.log(readdirSync(target).join('\n'));
