import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CudaStatus } from '../../lib/cuda';
import { findLibTorch } from '../../lib/native/libtorch';
import { seesNvidiaDriver } from '../../lib/setup/nvidia-driver';
import { events, type Finished, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';
import { compileDriver, compileForeignDriver, linkLibTorch } from './stand-in-libtorch';

const ANSWERS = join(__dirname, 'programs', 'cuda-answers.cjs');
const DRIVER_ANSWERS = join(__dirname, 'programs', 'driver-answers.cjs');
const libtorch = findLibTorch();

let folder = '';
let data = '';
let cpuBuild = '';
let incomplete = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-cuda-'));
  data = drawPhotos({ train: 4, val: 2 });
  compileDriver(join(folder, 'driver'));
  compileDriver(join(folder, 'without-functions'), ['-DWITHOUT_FUNCTIONS']);
  compileForeignDriver(join(folder, 'foreign'));
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'libcuda.so.1'), 'not a library');
  cpuBuild = linkLibTorch(join(folder, 'cpu'), libtorch, 'cpu');
  incomplete = linkLibTorch(join(folder, 'incomplete'), libtorch, 'incomplete');
});
afterAll(() => {
  for (const place of [folder, data]) rmSync(place, { recursive: true, force: true });
});

type Environment = Record<string, string | undefined>;

/** A child's environment with one of the stand-in drivers in front of any real one. */
function withDriver(more: Environment = {}, driver = 'driver'): Environment {
  const unset = { CUDA_VISIBLE_DEVICES: undefined, TORCHWING_MAP_CUDA: undefined };
  return { ...unset, LD_LIBRARY_PATH: join(folder, driver), ...more };
}

function train(device: string, env: Environment, more: readonly string[] = []): Promise<Finished> {
  const output = mkdtempSync(join(folder, 'run-'));
  return trainInto(output, device, env, more);
}

function trainInto(
  output: string,
  device: string,
  env: Environment,
  more: readonly string[] = [],
): Promise<Finished> {
  const small = ['--weights', 'none', '--image-size', '32', '--epochs', '1', '--batch-size', '4'];
  return torchwing(
    ['train', '--data', data, '--output', output, '--overwrite', '--device', device, ...small, ...more],
    { env },
  );
}

/** What the API says of CUDA; a handle that is asked for the device has to say the same. */
async function status(env: Environment): Promise<CudaStatus> {
  const { code, signal, stdout, stderr } = await torchwing([], { program: ANSWERS, env });
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  const { status, refusal, sum } = JSON.parse(stdout);
  expect(sum).toBe(3);
  expect(status).toMatchObject({ available: false, devices: [] });
  expect(refusal).toEqual({ code: 'CUDA_UNAVAILABLE', message: refusalOf(status), hint: status.cure });
  return status;
}

function refusalOf({ whyNot }: CudaStatus): string {
  return `The device "cuda" cannot be used: ${whyNot}.`;
}

/** What API, doctor and program say, which has to be the same. */
async function answer(env: Environment): Promise<CudaStatus> {
  const [api, doctor, program] = await Promise.all([
    status(env),
    torchwing(['doctor', '--json'], { env }),
    train('cuda', env),
  ]);
  const { findings } = JSON.parse(doctor.stdout);
  expect(findings.find(({ name }: { name: string }) => name === 'cuda')).toEqual({
    name: 'cuda',
    state: 'note',
    text: `not used: ${api.whyNot}. Training runs on the CPU`,
    cure: api.cure,
  });
  expect(doctor.code).toBe(0);
  expect(program.code).toBe(4);
  expect(program.stderr).toContain(`error [CUDA_UNAVAILABLE] ${refusalOf(api)}`);
  expect(program.stderr).toContain(api.cure);
  return api;
}

describe('the reason and the cure are the same everywhere', () => {
  // A driver cannot be hidden from the dynamic linker, so where there is one these two cannot be tried.
  const withoutDriver = seesNvidiaDriver() ? test.skip : test;

  withoutDriver('no driver', async () => {
    const env = { CUDA_VISIBLE_DEVICES: undefined, NVIDIA_VISIBLE_DEVICES: undefined };
    expect(await answer(env)).toMatchObject({
      cause: 'noDriver',
      whyNot: 'no NVIDIA driver is installed (libcuda.so.1 was not found)',
      cure: expect.stringContaining('install its driver'),
    });
  });

  withoutDriver('a container that the runtime gave no driver', async () => {
    const env = { container: 'podman', NVIDIA_VISIBLE_DEVICES: 'all' };
    expect(await answer(env)).toMatchObject({
      cause: 'containerRuntime',
      whyNot: expect.stringContaining("this container was started without NVIDIA's container runtime"),
      cure: expect.stringContaining('--gpus all'),
    });
  });

  test('a driver library that cannot be mapped', async () => {
    expect(await answer(withDriver({}, 'broken'))).toMatchObject({
      cause: 'noDriver',
      whyNot: expect.stringMatching(/cannot be mapped \(.*libcuda\.so\.1/),
    });
  });

  test('a libcuda.so.1 that is no driver', async () => {
    expect(await answer(withDriver({}, 'foreign'))).toMatchObject({
      cause: 'driverFailed',
      whyNot: expect.stringMatching(/foreign\/libcuda\.so\.1" is not NVIDIA's driver: it has no cu\w+$/),
    });
  });

  test.each([
    [34, 'CUDA_ERROR_STUB_LIBRARY', /is the CUDA toolkit's stub/, /"stubs"/],
    [46, 'CUDA_ERROR_DEVICE_UNAVAILABLE', /busy/, /nvidia-smi/],
    [802, 'CUDA_ERROR_SYSTEM_NOT_READY', /not ready/, /Fabric Manager/],
    [803, 'CUDA_ERROR_SYSTEM_DRIVER_MISMATCH', /kernel module and ".*" are of different versions/, /Restart/],
    [804, 'CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE', /compatibility package/, /LD_LIBRARY_PATH/],
    [999, 'CUDA_ERROR_UNKNOWN', /does not start/, /nvidia-smi/],
  ])('a driver that does not start: %i', async (code, name, meaning, cure) => {
    const env = withDriver({ STAND_IN_INIT: `${code}` });
    const said = await (code === 803 ? answer(env) : status(env));
    expect(said).toMatchObject({
      cause: 'driverFailed',
      whyNot: expect.stringContaining(`: cuInit failed with ${name} (${code})`),
    });
    expect(said.whyNot).toMatch(meaning);
    expect(said.cure).toMatch(cure);
  });

  test('a driver without a name for its code, and one whose later call fails', async () => {
    expect((await status(withDriver({ STAND_IN_INIT: '777' }))).whyNot).toContain(
      'cuInit failed with code 777',
    );
    expect((await status(withDriver({ STAND_IN_COUNT: '999' }))).whyNot).toContain(
      'cuDeviceGetCount failed with CUDA_ERROR_UNKNOWN (999)',
    );
  });

  test('no device', async () => {
    expect(await answer(withDriver({ STAND_IN_INIT: '100' }))).toMatchObject({
      cause: 'noDevice',
      whyNot: 'the NVIDIA driver sees no device',
      cure: expect.stringContaining('nvidia-smi -L'),
    });
  });

  test('devices hidden by CUDA_VISIBLE_DEVICES', async () => {
    expect(await answer(withDriver({ CUDA_VISIBLE_DEVICES: '-1' }))).toMatchObject({
      cause: 'hidden',
      whyNot: 'CUDA_VISIBLE_DEVICES="-1" leaves no device visible',
      cure: expect.stringContaining('Unset CUDA_VISIBLE_DEVICES'),
    });
    expect((await status(withDriver({ CUDA_VISIBLE_DEVICES: '' }))).cause).toBe('hidden');
  });

  test('a driver too old for the CUDA that LibTorch was built with', async () => {
    const old = withDriver({ LIBTORCH: incomplete, STAND_IN_VERSION: '12040' });
    expect(await answer(old)).toMatchObject({
      cause: 'driverTooOld',
      whyNot: `the NVIDIA driver supports CUDA 12.4 at most, and the LibTorch in "${incomplete}" was built for CUDA 13.0`,
      cure: expect.stringContaining('branch 580 or newer'),
    });
    expect((await status(withDriver({ LIBTORCH: incomplete, STAND_IN_INIT: '35' }))).cause).toBe(
      'driverTooOld',
    );
  });

  test('a CPU build of LibTorch', async () => {
    expect(await answer(withDriver({ LIBTORCH: cpuBuild }))).toMatchObject({
      cause: 'cpuBuild',
      whyNot: `the LibTorch in "${cpuBuild}" is a CPU build`,
      cure: expect.stringContaining('setup --backend cuda'),
    });
  });

  test('a CUDA library that is missing, by its name', async () => {
    expect(await answer(withDriver({ LIBTORCH: incomplete }))).toMatchObject({
      cause: 'libraryMissing',
      whyNot: `libtorchwing_absent.so.9 is missing, which the CUDA half of the LibTorch in "${incomplete}" needs`,
      cure: expect.stringContaining('setup --backend cuda'),
    });
  });

  const withCudaHalf = libtorch.backend === 'cuda' ? test : test.skip;

  withCudaHalf('a driver with a device on which the mapped CUDA half of LibTorch cannot work', async () => {
    expect(await answer(withDriver())).toMatchObject({
      cause: 'libtorch',
      whyNot: expect.stringMatching(
        /^LibTorch's CUDA runtime counts no device that it can use, saying "CUDA initialization: /,
      ),
    });
  });

  withCudaHalf('a driver in which the CUDA runtime of LibTorch finds no function', async () => {
    expect(await status(withDriver({}, 'without-functions'))).toMatchObject({
      cause: 'libtorch',
      whyNot: "LibTorch's CUDA runtime counts no device that it can use, and gives no reason",
    });
  });

  withCudaHalf('the CUDA half, mapped by force, without a device', async () => {
    expect(await answer(withDriver({ STAND_IN_INIT: '100', TORCHWING_MAP_CUDA: '1' }))).toMatchObject({
      cause: 'noDevice',
    });
  });
});

test('the driver describes each device, and one that fails hides no other', async () => {
  const env = withDriver({ LIBTORCH: cpuBuild, STAND_IN_DEVICES: '3', STAND_IN_BUSY: '1' });
  const { stdout } = await torchwing([], { program: DRIVER_ANSWERS, env });
  expect(JSON.parse(stdout)).toMatchObject({
    devices: [
      { name: 'Stand-in 0', capability: '9.0', totalMemory: 64 * 2 ** 30 },
      null,
      { name: 'Stand-in 2', capability: '9.0', totalMemory: 192 * 2 ** 30 },
    ],
    failure: { call: 'cuDeviceTotalMem_v2', code: 46, name: 'CUDA_ERROR_DEVICE_UNAVAILABLE' },
  });
});

describe('auto', () => {
  test('trains and predicts on the CPU and says once which device stays unused, and why', async () => {
    const env = withDriver({ LIBTORCH: cpuBuild });
    const output = join(folder, 'run-auto');
    const { code, stdout } = await trainInto(output, 'auto', env, ['--json']);
    expect(code).toBe(0);
    const warnings = events(stdout).filter((event) => event['code'] === 'CUDA_UNUSED');
    expect(warnings).toEqual([
      expect.objectContaining({
        type: 'warning',
        message: `The CUDA device of this machine stays unused: the LibTorch in "${cpuBuild}" is a CPU build.`,
        hint: expect.stringContaining('setup --backend cuda'),
      }),
    ]);
    const photos = join(data, 'val', 'ants');
    const predicted = await torchwing(['predict', join(output, 'best.pth'), photos], { env });
    expect(predicted.code).toBe(0);
    expect(predicted.stderr.match(/^warning \[CUDA_UNUSED\] .* is a CPU build\.$/gm)).toHaveLength(1);
    expect(predicted.stdout).not.toContain('CUDA_UNUSED');
  });

  test('says nothing of devices that were hidden from it', async () => {
    const { code, stdout } = await train('auto', withDriver({ CUDA_VISIBLE_DEVICES: '' }), ['--json']);
    expect(code).toBe(0);
    expect(events(stdout).filter((event) => event['code'] === 'CUDA_UNUSED')).toEqual([]);
  });
});
