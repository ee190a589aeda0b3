import { TorchwingError } from '../native/errors';
import { findLibTorch } from '../native/libtorch';
import type { LibTorch } from '../native/libtorch-folder';
import { type InstallOptions, installLibTorch } from './install-libtorch';
import { seesNvidiaDriver } from './nvidia-driver';

export interface SetupOptions extends Omit<InstallOptions, 'backend'> {
  /** `auto` (default): cuda where an NVIDIA driver is seen, and otherwise whatever is there. */
  backend?: 'auto' | 'cpu' | 'cuda';
  /** Downloads although one was found. */
  force?: boolean;
  driverSeen?: () => boolean;
}

/**
 * A LibTorch that fits: the one that is found, or one brought by pip.
 * @throws TorchwingError LIBTORCH_NOT_FOUND or LIBTORCH_VERSION for a wrong `LIBTORCH`; SETUP_FAILED
 */
export async function setupLibTorch(
  options: SetupOptions,
): Promise<{ libtorch: LibTorch; installed: boolean }> {
  const wanted = options.backend ?? 'auto';
  const backend = wanted === 'auto' ? ((options.driverSeen ?? seesNvidiaDriver)() ? 'cuda' : 'cpu') : wanted;
  const found = options.force === true ? null : search(options.environment);
  // A CUDA build computes on the CPU too.
  if (found !== null && (backend === 'cpu' || found.backend === 'cuda'))
    return { libtorch: found, installed: false };
  if (found?.source === 'LIBTORCH') {
    throw new TorchwingError(
      'LIBTORCH_VERSION',
      `LIBTORCH names a CPU build in "${found.root}", expected a CUDA build.`,
      {
        hint: 'Unset LIBTORCH, or ask for --backend cpu.',
      },
    );
  }
  return { libtorch: await installLibTorch({ ...options, backend }), installed: true };
}

function search(environment: NodeJS.ProcessEnv | undefined): LibTorch | null {
  try {
    return findLibTorch(environment === undefined ? {} : { environment });
  } catch (error) {
    const absent = error instanceof TorchwingError && error.code === 'LIBTORCH_NOT_FOUND';
    if (absent && !(environment ?? process.env)['LIBTORCH']) return null;
    throw error;
  }
}
