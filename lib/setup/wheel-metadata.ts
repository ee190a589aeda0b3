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
 * Headers that torch does not ask for, and that the part for CUDA graphs is compiled with (cmake/CudaPart.cmake), a few
 * megabytes. As extras of the toolkit they come in the version that goes with its runtime.
 */
const HEADER_EXTRAS = ['crt', 'cccl'];

/**
 * The NVIDIA packages to fetch beside torch: all that it asks for and the headers that we ask for, or only those that its
 * CPU half is linked to. Empty for a CPU wheel.
 */
export function nvidiaRequirements(requirements: readonly string[], backend: 'cpu' | 'cuda'): string[] {
  const nvidia = requirements.filter((line) => /^(nvidia-|cuda-toolkit\b)/.test(line));
  if (backend === 'cuda') return nvidia.map(withHeaders);
  return nvidia
    .filter((line) => /^cuda-toolkit\b|^nvidia-cuda-(runtime|cupti)\b/.test(line))
    .map((line) => line.replace(/\[[^\]]*\]/, `[${CPU_EXTRAS}]`));
}

function withHeaders(requirement: string): string {
  return requirement.replace(/^(cuda-toolkit)(?:\[([^\]]*)\])?/, (_, name: string, extras = '') => {
    const asked = extras.split(',').filter(Boolean);
    return `${name}[${[...new Set([...asked, ...HEADER_EXTRAS])].join(',')}]`;
  });
}
