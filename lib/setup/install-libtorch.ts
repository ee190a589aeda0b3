import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../files/folder-lock';
import { freeBytes } from '../files/free-disk';
import { TorchwingError } from '../native/errors';
import { managedFolder, PINNED_VERSION } from '../native/libtorch';
import { inspectFolder, type LibTorch } from '../native/libtorch-folder';
import { pipInstall, requirePip, type Say } from './pip';
import { nvidiaRequirements, torchRequirements } from './wheel-metadata';

export type Backend = 'cpu' | 'cuda';

export interface InstallOptions {
  backend: Backend;
  say: Say;
  signal?: AbortSignal;
  environment?: NodeJS.ProcessEnv;
  /** Free bytes of the disk that holds a folder; given by tests. */
  freeBytes?: (folder: string) => Promise<number>;
}

/** PyTorch's index of CPU builds; many machines reach it, and where not, the default index has the CUDA build. */
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';

/** Download and largest use of the disk while unpacking, in gigabytes, measured for the pinned version. */
const SIZES: Readonly<Record<Backend, { download: number; disk: number }>> = {
  cpu: { download: 0.6, disk: 3 },
  cuda: { download: 2.6, disk: 10 },
};

/**
 * Brings the pinned LibTorch into the managed cache: unpacked in a folder beside its place, checked, then renamed, so
 * that a partial one is never found. What a broken attempt left is removed by the next.
 * @throws TorchwingError SETUP_FAILED; OUTPUT_BUSY while another process installs
 */
export async function installLibTorch(options: InstallOptions): Promise<LibTorch> {
  const { backend, say } = options;
  const environment = options.environment ?? process.env;
  const folder = managedFolder(environment);
  const place = join(folder, `${PINNED_VERSION}-${backend}`);
  const staging = `${place}.part`;
  requirePip(environment);
  await mkdir(folder, { recursive: true });
  await requireDisk(folder, backend, options.freeBytes ?? freeBytes);
  const unlock = await takeLock(`${place}.lock`, place);
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging);
    const { download, disk } = SIZES[backend];
    say(
      `Downloading LibTorch ${PINNED_VERSION} (${backend}) with pip: about ${download} GB, up to ${disk} GB on disk while it unpacks.`,
    );
    say(`It goes to ${place}`);
    await fetchTorch(staging, options, environment);
    await keepOnlyLibraries(staging, backend);
    const found = inspectFolder(join(staging, 'torch'), 'cache');
    if (typeof found === 'string')
      throw new TorchwingError('SETUP_FAILED', `pip brought no usable LibTorch: ${found}.`);
    await rm(place, { recursive: true, force: true });
    await rename(staging, place);
    return { ...found, root: join(place, 'torch') };
  } finally {
    await rm(staging, { recursive: true, force: true });
    await unlock();
  }
}

async function fetchTorch(
  target: string,
  options: InstallOptions,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const { backend, say, signal } = options;
  const shared = { target, environment, ...(signal === undefined ? {} : { signal }) };
  if (backend === 'cpu' && (await answers(CPU_INDEX))) {
    const requirements = [`torch==${PINNED_VERSION}+cpu`];
    await pipInstall({ ...shared, requirements, withoutDependencies: true, indexUrl: CPU_INDEX }, say);
    return;
  }
  if (backend === 'cpu')
    say(
      `PyTorch's own index does not answer; taking the default index's build, which computes on the CPU as well.`,
    );
  await pipInstall({ ...shared, requirements: [`torch==${PINNED_VERSION}`], withoutDependencies: true }, say);
  // One call: pip replaces a folder that two calls share, and all of these share nvidia/.
  const nvidia = nvidiaRequirements(torchRequirements(target), backend);
  if (nvidia.length > 0) await pipInstall({ ...shared, requirements: nvidia }, say);
}

/** Whether an index can be reached at all, found out in seconds instead of pip's minutes of retries. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/`, { method: 'HEAD', signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

/** The CUDA half of the default index's wheel. */
const CUDA_LIBRARY = /^lib(torch_cuda|c10_cuda|torch_nvshmem|caffe2_nvrtc)/;

/** Drops Python's half of the wheel, and of a CPU installation CUDA's: LibTorch is torch/lib and torch/include beside nvidia/. */
async function keepOnlyLibraries(staging: string, backend: Backend): Promise<void> {
  const drop = async (folder: string, keep: (name: string) => boolean) => {
    for (const name of await readdir(folder)) {
      if (!keep(name)) await rm(join(folder, name), { recursive: true, force: true });
    }
  };
  await drop(staging, (name) => name === 'torch' || name === 'nvidia' || name.endsWith('.dist-info'));
  await drop(join(staging, 'torch'), (name) => ['lib', 'include', 'version.py'].includes(name));
  await drop(join(staging, 'torch', 'lib'), (name) => {
    return !name.startsWith('libtorch_python') && (backend === 'cuda' || !CUDA_LIBRARY.test(name));
  });
}

async function requireDisk(
  folder: string,
  backend: Backend,
  free: (folder: string) => Promise<number>,
): Promise<void> {
  const gigabytes = (await free(folder)) / 1e9;
  if (gigabytes >= SIZES[backend].disk) return;
  throw new TorchwingError(
    'SETUP_FAILED',
    `The disk of "${folder}" has ${gigabytes.toFixed(1)} GB free, expected at least ${SIZES[backend].disk} GB.`,
    { hint: 'Free some space, or set XDG_CACHE_HOME to a folder on another disk.' },
  );
}
