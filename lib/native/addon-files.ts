import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TorchwingError } from './errors';

/** The two compiled files that belong together. */
export interface AddonFiles {
  /** Maps LibTorch; knows none itself. */
  loader: string;
  /** Runs on one LibTorch minor, which its name says: `torchwing.lt213.node`. */
  addon: string;
  /** For example "2.13". */
  minor: string;
}

const packageRoot = join(__dirname, '..', '..');

/** Folders that may hold the addon: the build of a checkout, then what the package ships. */
export function addonFolders(root: string = packageRoot): string[] {
  const folders = [join(root, 'build', 'Release'), join(root, 'prebuilds', 'linux-x64')];
  return process.env['TORCHWING_PREBUILDS_ONLY'] === '1' ? folders.slice(1) : folders;
}

/** @throws TorchwingError ADDON_NOT_FOUND, naming the folders tried */
export function findAddonFiles(folders: readonly string[] = addonFolders()): AddonFiles {
  for (const folder of folders) {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const addon = names
      .filter((name) => /^torchwing\.lt\d{3,}\.node$/.test(name))
      .sort()
      .at(-1);
    if (addon === undefined || !names.includes('torchwing_loader.node')) continue;
    const digits = addon.replace(/\D/g, '');
    return {
      loader: join(folder, 'torchwing_loader.node'),
      addon: join(folder, addon),
      minor: `${digits.slice(0, 1)}.${digits.slice(1)}`,
    };
  }
  throw new TorchwingError(
    'ADDON_NOT_FOUND',
    `The compiled part of torchwing was not found. Tried: ${folders.join('; ')}.`,
    { hint: 'Reinstall the package; in a checkout run `npm run build:native`.' },
  );
}
