/**
 * prebuilds/linux-x64/: the two addons and the CUDA part, stripped, and the image libraries that a plain machine may lack beside them, with
 * those that these need and with their notices. Needs dist/ and LibTorch, as the native build does.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { reportFailure, run, StepFailure } from './setup/run.mjs';
import { packageOf, shippedLibraries } from './shared-libraries.mjs';

const release = path.join('build', 'Release');
const target = path.join('prebuilds', 'linux-x64');

/** An addon for another LibTorch, left from an earlier build, must not be shipped in place of this one. */
function requireOneAddon() {
  const names = readdirSync(release).filter((name) => name.endsWith('.node'));
  const addons = names.filter((name) => name.startsWith('torchwing.lt'));
  if (addons.length !== 1 || names.length !== 2)
    throw new StepFailure(
      `${release} holds ${names.join(', ')}, expected one addon and its loader. Delete the folder and build again.`,
      1,
    );
  const cudaPart = addons[0].replace('torchwing.', 'torchwing_cuda.').replace(/node$/, 'so');
  const built = existsSync(path.join(release, cudaPart));
  if (!built)
    console.log(
      `Without ${cudaPart}, which needs the CUDA build of LibTorch and NVIDIA's headers (scripts/requirements.txt): no release.`,
    );
  return { addon: addons[0], names: built ? [...names, cudaPart] : names };
}

function copyStripped(name) {
  const file = path.join(target, name);
  copyFileSync(path.join(release, name), file);
  run('strip', ['--strip-unneeded', file], { quiet: true });
}

function copyWithNotice(soname, source) {
  const notice = `/usr/share/doc/${packageOf(source)}/copyright`;
  if (!existsSync(notice)) throw new StepFailure(`The notice of ${soname} is missing: ${notice}`, 1);
  copyFileSync(source, path.join(target, soname));
  copyFileSync(notice, path.join(target, 'notices', `${soname}.txt`));
}

function prebuild() {
  run(process.execPath, ['scripts/build-native.mjs'], { quiet: true });
  const { addon, names } = requireOneAddon();
  rmSync('prebuilds', { recursive: true, force: true });
  mkdirSync(path.join(target, 'notices'), { recursive: true });
  for (const name of names) copyStripped(name);
  for (const { soname, location } of shippedLibraries(path.join(release, addon)))
    copyWithNotice(soname, realpathSync(location));
  for (const name of readdirSync(target).sort()) console.log(path.join(target, name));
}

try {
  prebuild();
} catch (error) {
  reportFailure(error);
}
