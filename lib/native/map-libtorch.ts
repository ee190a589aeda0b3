import { TorchwingError } from './errors';
import { type LibTorch, librariesOf } from './libtorch-folder';
import type { CudaDriver, NativeLibraryLoader } from './types';
import { warnNative } from './warnings';

/**
 * With a worker thread per core beside them, OpenMP's threads must not spin while they wait: on two cores that makes
 * training 20 times slower as soon as anything else wants a core. A value that the user set stays.
 */
const WAIT_POLICY = { name: 'OMP_WAIT_POLICY', value: 'PASSIVE' } as const;

/** Maps `libtorch` into this process: OpenMP, the CPU half, and the CUDA half where a driver has a device for it. */
export async function mapLibTorch(loader: NativeLibraryLoader, libtorch: LibTorch): Promise<CudaDriver> {
  const { openmp, cpu, cuda } = librariesOf(libtorch.root);
  mapOpenMp(loader, openmp);
  await loader.mapLibraries(cpu);
  // LibTorch asks for CUDA once and remembers a 'no', so this comes before anything else is asked of it.
  const driver = await loader.probeCudaDriver();
  const wanted = driver.devices > 0 || process.env['TORCHWING_MAP_CUDA'] === '1';
  if (wanted && libtorch.backend === 'cuda') await loader.mapLibraries([cuda]);
  if (driver.devices > 0 && libtorch.backend === 'cpu') {
    warnNative({
      code: 'CUDA_UNUSED',
      message: `This machine has a CUDA device, but the LibTorch in "${libtorch.root}" is a CPU build.`,
      hint: 'Run `npx torchwing setup --backend cuda`.',
    });
  }
  return driver;
}

function mapOpenMp(loader: NativeLibraryLoader, openmp: string | null): void {
  if (openmp === null || process.env[WAIT_POLICY.name] !== undefined) return;
  const mapped = loader.mappedPath('libgomp.so.1');
  if (mapped !== null) {
    warnNative({
      code: 'OPENMP_MAPPED',
      message: `OpenMP was mapped before torchwing ("${mapped}"), so its threads keep the wait policy it began with.`,
      hint: `Set ${WAIT_POLICY.name}=${WAIT_POLICY.value} in the environment before Node starts.`,
    });
    return;
  }
  // libgomp reads its settings once, while it is mapped; the host never sees the variable, nor does a child process
  // that it starts.
  loader.setEnvironment(WAIT_POLICY.name, WAIT_POLICY.value);
  try {
    loader.mapLibrary(openmp);
  } finally {
    loader.setEnvironment(WAIT_POLICY.name, null);
  }
}

/** What Node's loader said about the addon, as a TorchwingError that names the file. */
export function loadFailure(file: string, cause: unknown): TorchwingError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TorchwingError('LIBTORCH_LOAD', `Cannot load "${file}": ${reason.split('\n')[0]}.`, {
    hint: 'Run `npx torchwing doctor`; it says what is missing.',
    cause,
  });
}
