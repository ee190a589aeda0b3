import { PRECISIONS } from '../config/precisions';
import type { PrecisionChoice } from '../config/types';
import { cuda } from '../cuda';
import { invalidArgument } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import type { Precision } from '../native/types';

/** Compute capability from which on CUDA devices have units for bfloat16 (Ampere). */
const BF16_CAPABILITY = 8;

/**
 * The precision behind `auto` on a device as `chooseDevice` gives it: `bf16` where the device multiplies it itself.
 * @throws TorchwingError INVALID_ARGUMENT, or INVALID_CONFIG for `tf32` on the CPU
 */
export async function choosePrecision(wanted: PrecisionChoice, device: string): Promise<Precision> {
  if (!PRECISIONS.includes(wanted))
    throw invalidArgument('precision', wanted, PRECISIONS.map((name) => `"${name}"`).join(' or '));
  if (wanted === 'tf32' && device === 'cpu') {
    throw new TorchwingError(
      'INVALID_CONFIG',
      'Invalid value for "precision": received "tf32" on the CPU, expected fp32, bf16, fp16 or auto.',
      { hint: 'TF32 is a form of products on CUDA devices: use --device cuda, or another precision.' },
    );
  }
  if (wanted !== 'auto') return wanted;
  return (await hasBf16(device)) ? 'bf16' : 'fp32';
}

async function hasBf16(device: string): Promise<boolean> {
  if (device === 'cpu') return callNative(async () => (await loadNative()).cpuComputesBf16());
  const index = Number(device.slice('cuda:'.length));
  const { devices } = await cuda.status();
  const capability = devices.find((candidate) => candidate.index === index)?.capability ?? '0';
  return Number.parseFloat(capability) >= BF16_CAPABILITY;
}
