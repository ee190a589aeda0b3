import { existsSync } from 'node:fs';
import { KERNEL_MODULE, WSL_LIBRARY } from '../native/nvidia-signs';

/** Signs of an NVIDIA driver: its kernel module's page, its device file, or its library inside WSL. */
const SIGNS = [KERNEL_MODULE, '/dev/nvidiactl', WSL_LIBRARY];

/** Whether a driver seems to be there, asked without loading anything. */
export function seesNvidiaDriver(exists: (path: string) => boolean = existsSync): boolean {
  return SIGNS.some(exists);
}
