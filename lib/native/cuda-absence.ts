import type { LibTorch } from './libtorch-folder';
import type { NvidiaSigns } from './nvidia-signs';
import type { CudaDriver } from './types';

/**
 * Which part is missing. The first five are found before LibTorch's CUDA half is mapped:
 * - `noDriver`: no usable libcuda.so.1; `containerRuntime`: a container that NVIDIA's runtime gave none
 * - `driverFailed`: the driver does not start, or is not NVIDIA's
 * - `noDevice`; `hidden`: devices that `CUDA_VISIBLE_DEVICES` leaves out
 * - `driverTooOld`: for the CUDA that LibTorch was built with
 * - `cpuBuild`: a LibTorch without a CUDA half
 * - `libraryMissing`: the CUDA half cannot be mapped
 * - `libtorch`: it is mapped, and still sees no device that it can use
 */
export type CudaCause =
  | 'noDriver'
  | 'containerRuntime'
  | 'driverFailed'
  | 'noDevice'
  | 'hidden'
  | 'driverTooOld'
  | 'cpuBuild'
  | 'libraryMissing'
  | 'libtorch';

/** Why CUDA cannot be used. */
export interface CudaAbsence {
  cause: CudaCause;
  /** One line without a full stop. */
  whyNot: string;
  /** What to do about it, as whole sentences. */
  cure: string;
}

/** All that is known before LibTorch itself is asked. */
export interface CudaFacts {
  driver: CudaDriver;
  libtorch: LibTorch;
  /** CUDA version that `libtorch` was built with, for example "13.0"; null when it says none. */
  builtWith: string | null;
  signs: NvidiaSigns;
  /** The dynamic linker's reason when libtorch_cuda could not be mapped. */
  mappingFailure: string | null;
}

/** CUresult values of cuda.h that have a cure of their own. */
const STUB_LIBRARY = 34;
const INSUFFICIENT_DRIVER = 35;
const CALL_REQUIRES_NEWER_DRIVER = 36;
const NO_DEVICE = 100;

/** Oldest branch of the Linux driver that runs a CUDA major version, from NVIDIA's "CUDA Compatibility". */
const DRIVER_BRANCHES: Readonly<Record<number, number>> = { 12: 525, 13: 580 };

const RUNTIME_CURE =
  'Install the NVIDIA Container Toolkit on the host and start the container with --gpus all (docker), --device nvidia.com/gpu=all (podman) or a GPU resource (Kubernetes).';

/** The first thing in the way of CUDA; null when nothing is that can be seen without asking LibTorch. */
export function cudaAbsence(facts: CudaFacts): CudaAbsence | null {
  const { driver, libtorch, builtWith } = facts;
  if (driver.missing !== null) return driverMissing(driver.missing, facts.signs);
  const { failure } = driver;
  // A device that cannot be described hides none of the others.
  if (failure !== null && driver.devices.every((device) => device === null))
    return driverFailure(failure, facts);
  if (driver.devices.length === 0) return noDevice(facts);
  if (libtorch.backend === 'cpu') {
    return {
      cause: 'cpuBuild',
      whyNot: `the LibTorch in "${libtorch.root}" is a CPU build`,
      cure: 'Run `npx torchwing setup --backend cuda`, or set LIBTORCH to a CUDA build.',
    };
  }
  if (isTooOld(driver, builtWith)) return tooOld(facts);
  return facts.mappingFailure === null ? null : libraryMissing(facts.mappingFailure, libtorch);
}

function driverMissing(reason: string, signs: NvidiaSigns): CudaAbsence {
  if (!/^libcuda\.so\.1: cannot open shared object file/.test(reason)) {
    return {
      cause: 'noDriver',
      whyNot: `the NVIDIA driver's libcuda.so.1 is there, but cannot be mapped (${reason})`,
      cure: 'Reinstall the NVIDIA driver, and see that LD_LIBRARY_PATH leads to no other libcuda.so.1.',
    };
  }
  if (signs.container && (signs.kernelModule || signs.runtimeAsked)) {
    const sign = signs.kernelModule
      ? 'the host has an NVIDIA driver'
      : 'NVIDIA_VISIBLE_DEVICES asks for devices';
    return {
      cause: 'containerRuntime',
      whyNot: `${sign}, but this container was started without NVIDIA's container runtime (libcuda.so.1 was not found)`,
      cure: RUNTIME_CURE,
    };
  }
  if (signs.kernelModule || signs.wsl) {
    return {
      cause: 'noDriver',
      whyNot: signs.wsl
        ? 'WSL has an NVIDIA driver, but the dynamic linker does not find its libcuda.so.1'
        : "the NVIDIA kernel module is loaded, but the driver's libcuda.so.1 was not found",
      cure: signs.wsl
        ? 'Run `sudo ldconfig`, or set LD_LIBRARY_PATH=/usr/lib/wsl/lib.'
        : "Install the driver's CUDA library (Debian: libcuda1; Ubuntu: libnvidia-compute of the driver's branch), then run `sudo ldconfig`.",
    };
  }
  return {
    cause: 'noDriver',
    whyNot: 'no NVIDIA driver is installed (libcuda.so.1 was not found)',
    cure: `Where there is an NVIDIA GPU, install its driver and see that \`nvidia-smi\` lists it.${signs.container ? ` This is a container: the driver belongs on the host. ${RUNTIME_CURE}` : ''}`,
  };
}

function driverFailure(failure: NonNullable<CudaDriver['failure']>, facts: CudaFacts): CudaAbsence {
  const { driver, signs } = facts;
  const library = driver.library ?? 'libcuda.so.1';
  if (failure.code === 0) {
    return {
      cause: 'driverFailed',
      whyNot: `"${library}" is not NVIDIA's driver: it has no ${failure.call}`,
      cure: 'Remove it from LD_LIBRARY_PATH, or reinstall the NVIDIA driver.',
    };
  }
  if (failure.code === NO_DEVICE) return noDevice(facts);
  if (failure.code === INSUFFICIENT_DRIVER || failure.code === CALL_REQUIRES_NEWER_DRIVER)
    return tooOld(facts);
  const code = failure.name === null ? `code ${failure.code}` : `${failure.name} (${failure.code})`;
  const failed = `${failure.call} failed with ${code}`;
  const [meaning, cure] = explain(failure.code, library, signs);
  return { cause: 'driverFailed', whyNot: `${meaning}: ${failed}`, cure };
}

/** Meaning and cure of a CUresult of the driver's start. */
function explain(code: number, library: string, signs: NvidiaSigns): readonly [string, string] {
  const look = 'see what `nvidia-smi` and `sudo dmesg | grep -i nvrm` say';
  switch (code) {
    case STUB_LIBRARY:
      return [
        `"${library}" is the CUDA toolkit's stub, which only serves for linking`,
        'Remove the folder that ends in "stubs" from LD_LIBRARY_PATH.',
      ];
    case 46:
    case 101:
      return [
        'the device is busy, in exclusive use or not started',
        `End the process that holds it (\`nvidia-smi\`), or ${look}.`,
      ];
    case 802:
      return [
        'the GPU system is not ready',
        'On machines with NVSwitch start the Fabric Manager (`sudo systemctl start nvidia-fabricmanager`); otherwise wait and try again.',
      ];
    case 803:
      return [
        `the NVIDIA kernel module and "${library}" are of different versions`,
        signs.container
          ? 'Restart the container, so that it gets the present driver of the host; leave a CUDA compatibility package out of LD_LIBRARY_PATH.'
          : 'Restart the machine, so that the kernel module of the installed driver is loaded; leave a CUDA compatibility package out of LD_LIBRARY_PATH.',
      ];
    case 804:
      return [
        `"${library}" is a CUDA compatibility package that does not support this GPU`,
        'Remove its folder from LD_LIBRARY_PATH, or install a newer NVIDIA driver.',
      ];
    default:
      return [
        'the NVIDIA driver does not start',
        signs.container
          ? `Restart the container: devices such as /dev/nvidia-uvm may have gone from it; on the host ${look}.`
          : `Run \`sudo modprobe nvidia_uvm\` or restart the machine; ${look}.`,
      ];
  }
}

function noDevice({ driver, signs }: CudaFacts): CudaAbsence {
  const { visibleDevices } = driver;
  // Index 0 is there wherever any device is, so asking for it hides nothing.
  if (visibleDevices !== null && !/^\s*0\s*(,|$)/.test(visibleDevices)) {
    return {
      cause: 'hidden',
      whyNot: `CUDA_VISIBLE_DEVICES="${visibleDevices}" leaves no device visible`,
      cure: 'Unset CUDA_VISIBLE_DEVICES, or set it to indices or UUIDs that `nvidia-smi -L` lists.',
    };
  }
  return {
    cause: 'noDevice',
    whyNot: 'the NVIDIA driver sees no device',
    cure: signs.container
      ? `See that \`nvidia-smi -L\` lists a GPU on the host. ${RUNTIME_CURE}`
      : 'See that `nvidia-smi -L` lists a GPU, that this user may open /dev/nvidia* and that the driver supports the GPU.',
  };
}

/** Within a major version of CUDA, older drivers run newer builds; across it they never do. */
function isTooOld({ driverVersion }: CudaDriver, builtWith: string | null): boolean {
  return builtWith !== null && driverVersion > 0 && major(driverVersion) < Number.parseInt(builtWith, 10);
}

function tooOld({ driver, libtorch, builtWith, signs }: CudaFacts): CudaAbsence {
  const { driverVersion } = driver;
  const supported = isTooOld(driver, builtWith)
    ? `supports CUDA ${major(driverVersion)}.${Math.floor((driverVersion % 1000) / 10)} at most`
    : 'says that it is too old';
  const built = builtWith === null ? 'a newer CUDA' : `CUDA ${builtWith}`;
  const branch = DRIVER_BRANCHES[Number.parseInt(builtWith ?? '', 10)];
  return {
    cause: 'driverTooOld',
    whyNot: `the NVIDIA driver ${supported}, and the LibTorch in "${libtorch.root}" was built for ${built}`,
    cure: `Install an NVIDIA driver ${branch === undefined ? 'that supports it' : `of branch ${branch} or newer`}${signs.container ? ' on the host' : ''}, or set LIBTORCH to a build for a CUDA that the driver supports.`,
  };
}

function major(driverVersion: number): number {
  return Math.floor(driverVersion / 1000);
}

function libraryMissing(reason: string, libtorch: LibTorch): CudaAbsence {
  const library = /(?:^|[\s"':])(lib[\w.+-]+\.so[\w.]*): cannot open shared object file/.exec(reason)?.[1];
  return {
    cause: 'libraryMissing',
    whyNot:
      library === undefined
        ? `the CUDA half of the LibTorch in "${libtorch.root}" cannot be mapped (${reason.replace(/\.$/, '')})`
        : `${library} is missing, which the CUDA half of the LibTorch in "${libtorch.root}" needs`,
    cure:
      libtorch.source === 'cache'
        ? 'Run `npx torchwing setup --backend cuda --force`, which brings all of CUDA.'
        : 'Reinstall that LibTorch with all NVIDIA packages that it asks for (`pip install --force-reinstall torch`), or unset LIBTORCH and run `npx torchwing setup --backend cuda`.',
  };
}
