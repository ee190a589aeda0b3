import { type CudaFacts, cudaAbsence } from '../../lib/native/cuda-absence';
import { readNvidiaSigns } from '../../lib/native/nvidia-signs';
import type { CudaDriver } from '../../lib/native/types';

const WORKING: CudaDriver = {
  missing: null,
  library: '/usr/lib/libcuda.so.1',
  driverVersion: 13000,
  devices: [{ name: 'One', capability: '9.0', totalMemory: 2 ** 30 }],
  failure: null,
  visibleDevices: null,
};
const NOT_FOUND = 'libcuda.so.1: cannot open shared object file: No such file or directory';
const BARE = { kernelModule: false, wsl: false, container: false, runtimeAsked: false };

function facts(driver: Partial<CudaDriver>, rest: Partial<CudaFacts> = {}): CudaFacts {
  return {
    driver: { ...WORKING, ...driver },
    libtorch: { root: '/libtorch', version: '2.13.0', backend: 'cuda', source: 'LIBTORCH' },
    builtWith: '13.0',
    signs: BARE,
    mappingFailure: null,
    ...rest,
  };
}

test('nothing is in the way of a driver with a device that LibTorch was built for', () => {
  expect(cudaAbsence(facts({}))).toBeNull();
});

test('a driver of the same CUDA major version is new enough, one of an older never is', () => {
  expect(cudaAbsence(facts({ driverVersion: 12040 }, { builtWith: '12.9' }))).toBeNull();
  expect(cudaAbsence(facts({ driverVersion: 12080 }))).toMatchObject({
    cause: 'driverTooOld',
    whyNot:
      'the NVIDIA driver supports CUDA 12.8 at most, and the LibTorch in "/libtorch" was built for CUDA 13.0',
    cure: expect.stringContaining('of branch 580 or newer'),
  });
  expect(cudaAbsence(facts({ driverVersion: 11080 }, { builtWith: '12.6' }))?.cure).toContain('branch 525');
  expect(cudaAbsence(facts({ driverVersion: 11080 }, { builtWith: null }))).toBeNull();
});

describe('without libcuda.so.1', () => {
  const absence = (signs: Partial<CudaFacts['signs']>, missing = NOT_FOUND) =>
    cudaAbsence(facts({ missing, library: null, devices: [] }, { signs: { ...BARE, ...signs } }));

  test('a machine has no driver', () => {
    const { cause, whyNot, cure } = absence({}) ?? {};
    expect({ cause, whyNot }).toEqual({
      cause: 'noDriver',
      whyNot: 'no NVIDIA driver is installed (libcuda.so.1 was not found)',
    });
    expect(cure).not.toContain('container');
  });

  test('a container on a host with a driver was started without the runtime', () => {
    expect(absence({ container: true, kernelModule: true })).toMatchObject({
      cause: 'containerRuntime',
      whyNot: expect.stringContaining('the host has an NVIDIA driver'),
      cure: expect.stringContaining('--gpus all'),
    });
    expect(absence({ container: true })).toMatchObject({
      cause: 'noDriver',
      cure: expect.stringContaining('belongs on the host'),
    });
  });

  test('half a driver is named as such', () => {
    expect(absence({ kernelModule: true })?.whyNot).toContain('the NVIDIA kernel module is loaded');
    expect(absence({ wsl: true })?.cure).toContain('/usr/lib/wsl/lib');
  });
});

test('a variable that asks for device 0 hides nothing', () => {
  const hidden = (visibleDevices: string) =>
    cudaAbsence(
      facts({
        devices: [],
        failure: { call: 'cuInit', code: 100, name: 'CUDA_ERROR_NO_DEVICE' },
        visibleDevices,
      }),
    )?.cause;
  expect(['', '-1', '3', 'GPU-0123'].map(hidden)).toEqual(['hidden', 'hidden', 'hidden', 'hidden']);
  expect(['0', '0,1', ' 0'].map(hidden)).toEqual(['noDevice', 'noDevice', 'noDevice']);
});

test('a device that cannot be described hides no other', () => {
  const failure = { call: 'cuDeviceGet', code: 101, name: 'CUDA_ERROR_INVALID_DEVICE' };
  expect(cudaAbsence(facts({ failure }))).toBeNull();
  expect(cudaAbsence(facts({ failure, devices: [null, ...WORKING.devices] }))).toBeNull();
  expect(cudaAbsence(facts({ failure, devices: [null, null] }))?.cause).toBe('driverFailed');
  expect(cudaAbsence(facts({ failure, devices: [] }))?.cause).toBe('driverFailed');
});

test('a CUDA half that cannot be mapped for another reason keeps the words of the dynamic linker', () => {
  const mappingFailure = 'libcublas.so.13: undefined symbol: cublasLtCreate.';
  expect(cudaAbsence(facts({}, { mappingFailure }))).toMatchObject({
    cause: 'libraryMissing',
    whyNot:
      'the CUDA half of the LibTorch in "/libtorch" cannot be mapped (libcublas.so.13: undefined symbol: cublasLtCreate)',
  });
});

test('containers are known by their files and by their variables', () => {
  const container = (environment: NodeJS.ProcessEnv, ...files: string[]) =>
    readNvidiaSigns(environment, (path) => files.includes(path));
  expect(container({})).toEqual(BARE);
  expect(container({}, '/.dockerenv').container).toBe(true);
  expect(container({}, '/run/.containerenv').container).toBe(true);
  expect(container({ KUBERNETES_SERVICE_HOST: '127.0.0.1' }).container).toBe(true);
  expect(container({ NVIDIA_VISIBLE_DEVICES: 'all' }).runtimeAsked).toBe(true);
  expect(container({ NVIDIA_VISIBLE_DEVICES: 'void' }).runtimeAsked).toBe(false);
  expect(container({}, '/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1')).toEqual({
    ...BARE,
    kernelModule: true,
    wsl: true,
  });
});
