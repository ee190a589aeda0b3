import { type CudaAbsence, type CudaFacts, cudaAbsence } from './cuda-absence';
import { TorchwingError } from './errors';
import { cudaVersion, type LibTorch, librariesOf } from './libtorch-folder';
import { readNvidiaSigns } from './nvidia-signs';
import type { CudaDriver, NativeLibraryLoader } from './types';
import { warnNative } from './warnings';

/**
 * With a worker thread per core beside them, OpenMP's threads must not spin while they wait: on two cores that makes
 * training 20 times slower as soon as anything else wants a core. A value that the user set stays.
 */
const WAIT_POLICY = { name: 'OMP_WAIT_POLICY', value: 'PASSIVE' } as const;

/** What was learnt of CUDA while LibTorch was mapped. */
export interface MappedCuda {
  driver: CudaDriver;
  /** Whether LibTorch's CUDA half is in this process. */
  mapped: boolean;
  /** Null when the CUDA half is mapped and nothing but LibTorch itself can say no. */
  absence: CudaAbsence | null;
}

/**
 * Maps `libtorch` into this process: OpenMP, the CPU half, and the CUDA half where it can be used, or where
 * TORCHWING_MAP_CUDA=1 forces it. A CUDA half that cannot be mapped leaves the CPU half usable.
 */
export async function mapLibTorch(loader: NativeLibraryLoader, libtorch: LibTorch): Promise<MappedCuda> {
  const { openmp, cpu, cuda } = librariesOf(libtorch.root);
  mapOpenMp(loader, openmp);
  await loader.mapLibraries(cpu);
  // LibTorch asks for CUDA once and remembers a 'no', so this comes before anything else is asked of it.
  const facts: CudaFacts = {
    driver: await loader.probeCudaDriver(),
    libtorch,
    builtWith: cudaVersion(libtorch.root),
    signs: readNvidiaSigns(),
    mappingFailure: null,
  };
  const absence = cudaAbsence(facts);
  const wanted = absence === null || process.env['TORCHWING_MAP_CUDA'] === '1';
  if (wanted && libtorch.backend === 'cuda') {
    facts.mappingFailure = await loader.mapLibraries([cuda]).then(() => null, reasonOf);
  }
  const mapped = wanted && libtorch.backend === 'cuda' && facts.mappingFailure === null;
  return { driver: facts.driver, mapped, absence: absence ?? cudaAbsence(facts) };
}

/** The dynamic linker's words, out of the loader's 'Cannot map "<path>": <words>.'. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String((error as { message?: unknown }).message);
  return message.replace(/^Cannot map "[^"]*": /, '');
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
