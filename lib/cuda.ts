import type { CudaCause } from './native/cuda-absence';
import { callNative } from './native/handle';
import { loadNativeWithLibTorch } from './native/load';

export type { CudaCause };

export interface CudaDevice {
  index: number;
  /** As the driver names it. */
  name: string;
  /** Compute capability, for example "9.0". */
  capability: string;
  /** Bytes; 0 where the driver does not say. */
  totalMemory: number;
}

export interface CudaStatus {
  available: boolean;
  /** Which part is missing, as a stable word; null when available. */
  cause: CudaCause | null;
  /** The same in one line; null when available. */
  whyNot: string | null;
  /** What to do about it; null when available. */
  cure: string | null;
  devices: CudaDevice[];
}

/** A device that LibTorch counts and the driver fails to describe. */
const UNKNOWN = { name: 'unknown', capability: 'unknown', totalMemory: 0 };

/** What this process can use of CUDA. */
export const cuda = {
  /**
   * Decided once in a process, when LibTorch is mapped. `torchwing doctor` and a refused `device` say the same. Opens no
   * context: devices are counted, and described by the driver.
   * @throws TorchwingError of loading LibTorch
   */
  status(): Promise<CudaStatus> {
    return callNative(async () => {
      const native = await loadNativeWithLibTorch();
      const { available, whyNot, cure, devices } = await native.addon.cudaStatus();
      return {
        available,
        cause: available ? null : (native.cuda.absence?.cause ?? 'libtorch'),
        whyNot,
        cure,
        devices: Array.from({ length: devices }, (_, index) => ({
          index,
          ...(native.cuda.driver.devices[index] ?? UNKNOWN),
        })),
      };
    });
  },
};
