import { existsSync } from 'node:fs';

/** The page of NVIDIA's kernel module; a container sees its host's. */
export const KERNEL_MODULE = '/proc/driver/nvidia/version';
/** Where WSL keeps the driver's library of Windows. */
export const WSL_LIBRARY = '/usr/lib/wsl/lib/libcuda.so.1';

/** Files that container engines leave in every container. */
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];

/** What can be seen of NVIDIA's hardware and of a container around this process without asking the driver. */
export interface NvidiaSigns {
  /** The kernel module is loaded, in a container the host's. */
  kernelModule: boolean;
  /** WSL has the driver's library. */
  wsl: boolean;
  container: boolean;
  /** The container's image or its start asked NVIDIA's container runtime for devices (`NVIDIA_VISIBLE_DEVICES`). */
  runtimeAsked: boolean;
}

export function readNvidiaSigns(
  environment: NodeJS.ProcessEnv = process.env,
  exists: (path: string) => boolean = existsSync,
): NvidiaSigns {
  const asked = environment['NVIDIA_VISIBLE_DEVICES'];
  return {
    kernelModule: exists(KERNEL_MODULE),
    wsl: exists(WSL_LIBRARY),
    container:
      CONTAINER_FILES.some(exists) ||
      // Set by podman, LXC and systemd-nspawn, and by Kubernetes.
      environment['container'] !== undefined ||
      environment['KUBERNETES_SERVICE_HOST'] !== undefined,
    runtimeAsked: asked !== undefined && !['', 'void', 'none'].includes(asked),
  };
}
