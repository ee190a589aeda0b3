import { constants } from 'node:os';
import { findAddonFiles } from './addon-files';
import { fromNative } from './errors';
import { findLibTorch } from './libtorch';
import type { LibTorch } from './libtorch-folder';
import { loadFailure, type MappedCuda, mapLibTorch } from './map-libtorch';
import { requireSupportedPlatform } from './platform';
import type { NativeAddon, NativeLibraryLoader } from './types';
import { warnNative } from './warnings';

export { onNativeWarning } from './warnings';

/** The loaded addon, the LibTorch under it, and what was learnt of CUDA then. */
export interface Native {
  addon: NativeAddon;
  libtorch: LibTorch;
  cuda: MappedCuda;
}

let loading: Promise<Native> | null = null;

/**
 * The addon, mapped with its LibTorch at the first call in this Node environment. A failure is not remembered, so that
 * a cure can be tried without a new process.
 * @throws TorchwingError PLATFORM_UNSUPPORTED, ADDON_NOT_FOUND, LIBTORCH_NOT_FOUND, LIBTORCH_VERSION, LIBTORCH_LOAD
 */
export async function loadNative(): Promise<NativeAddon> {
  return (await loadNativeWithLibTorch()).addon;
}

/** The same, with where LibTorch was found. */
export function loadNativeWithLibTorch(): Promise<Native> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw fromNative(error);
  });
  return loading;
}

/** The small addon that maps libraries and asks the CUDA driver; needs no LibTorch. */
export function openLoader(file: string): NativeLibraryLoader {
  return open<NativeLibraryLoader>(file);
}

async function load(): Promise<Native> {
  requireSupportedPlatform();
  const files = findAddonFiles();
  const libtorch = findLibTorch({ minor: files.minor });
  const cuda = await mapLibTorch(openLoader(files.loader), libtorch);
  const addon = open<NativeAddon>(files.addon);
  addon.onWarning((message) => warnNative({ code: 'LIBTORCH_WARNING', message }));
  if (cuda.mapped) addon.openCudaPart(files.cudaPart);
  if (cuda.absence !== null) addon.explainCudaAbsence(cuda.absence.whyNot, cuda.absence.cure);
  return { addon, libtorch, cuda };
}

function open<Exports>(file: string): Exports {
  const module = { exports: {} as Exports };
  try {
    process.dlopen(module, file, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_LOCAL);
  } catch (cause) {
    throw loadFailure(file, cause);
  }
  return module.exports;
}
