import { cuda } from '../cuda';
import { TorchwingError } from '../native/errors';

/**
 * The device behind `auto`, `cpu`, `cuda` or `cuda:<index>`, as `cpu` or `cuda:<index>`.
 * @throws TorchwingError CUDA_UNAVAILABLE, saying what is missing
 */
export async function chooseDevice(wanted: string): Promise<string> {
  if (wanted === 'cpu') return 'cpu';
  const { available, whyNot, devices } = await cuda.status();
  if (wanted === 'auto') return available ? 'cuda:0' : 'cpu';
  if (!available) {
    throw new TorchwingError(
      'CUDA_UNAVAILABLE',
      `The device "${wanted}" cannot be used: ${whyNot ?? 'CUDA is not available'}.`,
      {
        hint: 'Use device auto or cpu (--device cpu), or run torchwing doctor.',
      },
    );
  }
  const index = wanted === 'cuda' ? 0 : Number(wanted.slice('cuda:'.length));
  if (!devices.some((device) => device.index === index)) {
    const present = devices.map((device) => `cuda:${device.index} (${device.name})`).join(', ');
    throw new TorchwingError(
      'CUDA_UNAVAILABLE',
      `The device "${wanted}" does not exist, expected one of ${present}.`,
    );
  }
  return `cuda:${index}`;
}
