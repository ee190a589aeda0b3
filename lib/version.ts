import { callNative } from './native/handle';
import { loadNativeWithLibTorch } from './native/load';
import type { NativeVersion } from './native/types';

export interface Version extends NativeVersion {
  /** LibTorch that runs, for example "2.13.0". */
  libtorch: string;
}

/** Versions of the addon and of LibTorch, its CPU instruction set, and its CPU threads. */
export function version(): Promise<Version> {
  return callNative(async () => {
    const { addon, libtorch } = await loadNativeWithLibTorch();
    return { ...(await addon.version()), libtorch: libtorch.version };
  });
}
