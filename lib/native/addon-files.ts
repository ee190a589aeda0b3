import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import nodeGypBuild from 'node-gyp-build';
import { TorchwingError } from './errors';

/** The two compiled files that belong together. */
export interface AddonFiles {
  /** Maps LibTorch; knows none itself. */
  loader: string;
  /** Runs on one LibTorch minor, which its name says: `torchwing.lt213.node`. */
  addon: string;
  /** Its CUDA part, for the same LibTorch minor; whether it is there, opening it tells. */
  cudaPart: string;
  /** For example "2.13". */
  minor: string;
}

const packageRoot = join(__dirname, '..', '..');

/**
 * Finds the two files in the folder that node-gyp-build chooses: `build/Release` of a checkout, else the prebuilt ones
 * for this platform. Which of several addons there fits is ours to say: node-gyp-build knows no LibTorch.
 * @throws TorchwingError ADDON_NOT_FOUND
 */
export function findAddonFiles(root: string = packageRoot): AddonFiles {
  const folder = addonFolder(root);
  const names = readdirSync(folder);
  const addon = names
    .filter((name) => /^torchwing\.lt\d{3,}\.node$/.test(name))
    .sort()
    .at(-1);
  if (addon === undefined || !names.includes('torchwing_loader.node'))
    throw notFound(root, `"${folder}" holds only a part of it`);
  const digits = addon.replace(/\D/g, '');
  return {
    loader: join(folder, 'torchwing_loader.node'),
    addon: join(folder, addon),
    cudaPart: join(folder, `torchwing_cuda.lt${digits}.so`),
    minor: `${digits.slice(0, 1)}.${digits.slice(1)}`,
  };
}

function addonFolder(root: string): string {
  try {
    return dirname(nodeGypBuild.path(root));
  } catch {
    throw notFound(root, 'tried build/Release and prebuilds/linux-x64');
  }
}

function notFound(root: string, reason: string): TorchwingError {
  return new TorchwingError(
    'ADDON_NOT_FOUND',
    `The compiled part of torchwing was not found below "${root}": ${reason}.`,
    {
      hint: 'Reinstall the package; in a checkout run `npm run build:native`.',
    },
  );
}
