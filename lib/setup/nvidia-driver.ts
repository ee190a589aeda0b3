import { existsSync } from 'node:fs';

/** Signs of an NVIDIA driver: its kernel module's page, its device file, or its library inside WSL. */
const SIGNS = ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/usr/lib/wsl/lib/libcuda.so.1'];

/** Whether a driver seems to be there, asked without loading anything. */
export function seesNvidiaDriver(exists: (path: string) => boolean = existsSync): boolean {
  return SIGNS.some(exists);
}
