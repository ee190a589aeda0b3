/**
 * prebuilds/linux-x64/: the two addons, stripped, and the image libraries that a plain machine may lack beside them, with
 * their notices. prebuildify works in a folder of its own, because it moves the addon away from where it was built.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import prebuildify from 'prebuildify';
import { reportFailure, run, StepFailure } from './setup/run.mjs';
import { isShipped, libraryLocations, neededLibraries, packageOf } from './shared-libraries.mjs';

const release = path.join('build', 'Release');
const stage = path.join('build', 'prebuild');
const beside = path.join(stage, 'beside');

function requireAddons() {
  const names = readdirSync(release).filter((name) => name.endsWith('.node'));
  const addon = names.find((name) => name.startsWith('torchwing.lt'));
  const loader = names.find((name) => name === 'torchwing_loader.node');
  if (names.length === 2 && addon && loader) return { addon, loader };
  throw new StepFailure(
    `${release} holds ${names.join(', ')}, expected one addon and its loader. Delete it and build again.`,
    1,
  );
}

/** What goes beside the addon: the loader, the image libraries and their notices. */
function layOutNeighbours({ addon, loader }) {
  mkdirSync(path.join(beside, 'notices'), { recursive: true });
  copyFileSync(path.join(release, loader), path.join(beside, loader));
  run('strip', ['--strip-all', path.join(beside, loader)], { quiet: true });
  const file = path.join(release, addon);
  const locations = libraryLocations(file);
  for (const soname of neededLibraries(file).filter(isShipped)) {
    const source = realpathSync(locations.get(soname));
    const notice = `/usr/share/doc/${packageOf(source)}/copyright`;
    if (!existsSync(notice)) throw new StepFailure(`The notice of ${soname} is missing: ${notice}`, 1);
    copyFileSync(source, path.join(beside, soname));
    copyFileSync(notice, path.join(beside, 'notices', `${soname}.txt`));
  }
}

async function prebuild() {
  run(process.execPath, ['scripts/build-native.mjs'], { quiet: true });
  const addons = requireAddons();
  rmSync(stage, { recursive: true, force: true });
  rmSync('prebuilds', { recursive: true, force: true });
  layOutNeighbours(addons);
  await new Promise((resolve, reject) => {
    const options = {
      cwd: stage,
      out: '.',
      name: path.basename(addons.addon, '.node'),
      napi: true,
      strip: true,
      quiet: true,
      nodeGyp: path.resolve('scripts/prebuild-node-gyp.mjs'),
      artifacts: beside,
    };
    prebuildify(options, (error) => (error ? reject(error) : resolve()));
  });
  rmSync(stage, { recursive: true });
  execFileSync('ls', ['-lR', 'prebuilds'], { stdio: 'inherit' });
}

await prebuild().catch(reportFailure);
