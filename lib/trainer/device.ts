import { type CudaCause, type CudaStatus, cuda } from '../cuda';
import { invalidArgument } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import { warnNative } from '../native/warnings';

const DEVICE = /^(auto|cpu|cuda(:\d+)?)$/;

/** Nothing is idle then: there is no device, or it was kept from this process on purpose. */
const NO_DEVICE_TO_USE: ReadonlySet<CudaCause | null> = new Set<CudaCause>([
  'noDriver',
  'containerRuntime',
  'noDevice',
  'hidden',
]);

/**
 * The device behind `auto`, `cpu`, `cuda` or `cuda:<index>`, as `cpu` or `cuda:<index>`. Warns with CUDA_UNUSED when
 * `auto` is the CPU although there is a device.
 * @throws TorchwingError INVALID_ARGUMENT, or CUDA_UNAVAILABLE, saying what is missing and how to cure it
 */
export async function chooseDevice(wanted: string): Promise<string> {
  if (typeof wanted !== 'string' || !DEVICE.test(wanted))
    throw invalidArgument('device', wanted, 'auto, cpu, cuda or cuda:<index>');
  if (wanted === 'cpu') return 'cpu';
  const status = await cuda.status();
  if (wanted === 'auto') {
    if (!status.available) warnOfIdleDevice(status);
    return status.available ? 'cuda:0' : 'cpu';
  }
  if (!status.available) {
    throw new TorchwingError(
      'CUDA_UNAVAILABLE',
      `The device "${wanted}" cannot be used: ${status.whyNot ?? 'CUDA is not available'}.`,
      { hint: `${status.cure ?? ''} Or use the CPU: device auto or cpu (--device cpu).`.trimStart() },
    );
  }
  const index = wanted === 'cuda' ? 0 : Number(wanted.slice('cuda:'.length));
  if (!status.devices.some((device) => device.index === index)) {
    const present = status.devices.map((device) => `cuda:${device.index} (${device.name})`).join(', ');
    throw new TorchwingError(
      'CUDA_UNAVAILABLE',
      `The device "${wanted}" does not exist, expected one of ${present}.`,
      { hint: 'Indices count the devices that CUDA_VISIBLE_DEVICES leaves visible.' },
    );
  }
  return `cuda:${index}`;
}

/**
 * Before anything costly is done for a run that asks for CUDA graphs.
 * @throws TorchwingError CUDA_GRAPH_UNAVAILABLE, saying why `device` has none
 */
export async function requireCudaGraph(device: string): Promise<void> {
  await callNative(async () => (await loadNative()).requireDeviceGraphs(device));
}

function warnOfIdleDevice({ cause, whyNot, cure }: CudaStatus): void {
  if (NO_DEVICE_TO_USE.has(cause)) return;
  warnNative({
    code: 'CUDA_UNUSED',
    message: `The CUDA device of this machine stays unused: ${whyNot}.`,
    ...(cure === null ? {} : { hint: cure }),
  });
}
