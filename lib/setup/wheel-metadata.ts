import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `Requires-Dist` of the torch wheel that was unpacked into `folder`, without environment markers and optional extras. */
export function torchRequirements(folder: string): string[] {
  const info = readdirSync(folder).find((name) => /^torch-.*\.dist-info$/.test(name));
  if (info === undefined) return [];
  return readFileSync(join(folder, info, 'METADATA'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Requires-Dist: ') && !line.includes('extra =='))
    .map((line) => (line.slice('Requires-Dist: '.length).split(';')[0] ?? '').trim());
}

/** What libtorch_cpu.so of the CUDA wheel needs of CUDA: its runtime and its profiler, a few megabytes. */
const CPU_EXTRAS = 'cudart,cupti';

/**
 * The NVIDIA packages to fetch beside torch: all that it asks for, or only those that its CPU half is linked to. Empty
 * for a CPU wheel.
 */
export function nvidiaRequirements(requirements: readonly string[], backend: 'cpu' | 'cuda'): string[] {
  const nvidia = requirements.filter((line) => /^(nvidia-|cuda-toolkit\b)/.test(line));
  if (backend === 'cuda') return nvidia;
  return nvidia
    .filter((line) => /^cuda-toolkit\b|^nvidia-cuda-(runtime|cupti)\b/.test(line))
    .map((line) => line.replace(/\[[^\]]*\]/, `[${CPU_EXTRAS}]`));
}
