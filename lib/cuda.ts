import { callNative } from './native/handle';
import { loadNativeWithLibTorch, type Native } from './native/load';

export interface CudaDevice {
  index: number;
  /** As the driver names it. */
  name: string;
  /** Bytes. */
  totalMemory: number;
}

export interface CudaStatus {
  available: boolean;
  /** Which part is missing, in one line; null when available. */
  whyNot: string | null;
  devices: CudaDevice[];
}

/** What this process can use of CUDA. */
export const cuda = {
  status(): Promise<CudaStatus> {
    return callNative(async () => {
      const native = await loadNativeWithLibTorch();
      const { available, whyNot, devices } = await native.addon.cudaStatus();
      return {
        available,
        whyNot: available ? null : (missingPart(native) ?? whyNot),
        devices: devices.map((device) => ({
          ...device,
          name: native.driver.names[device.index] ?? 'unknown',
        })),
      };
    });
  },
};

/** The first of driver, device and CUDA build that is not there. */
function missingPart({ driver, libtorch }: Native): string | null {
  if (driver.error !== null) return driver.error;
  if (driver.devices === 0) return 'the NVIDIA driver sees no device';
  if (libtorch.backend === 'cpu') return `the LibTorch in "${libtorch.root}" is a CPU build`;
  return null;
}
