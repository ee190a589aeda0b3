import { resolve } from 'node:path';
import type { TrainerConfig } from './types';

/**
 * A copy of a configuration, not yet checked, with every path that it holds made absolute from `folder`. What is not of
 * the expected form is left as it is, for the schema to refuse.
 */
export function absolutePaths(config: TrainerConfig, folder: string): TrainerConfig {
  const copy = structuredCloneOrSame(config);
  const fix = (owner: unknown, key: string) => {
    if (typeof owner !== 'object' || owner === null) return;
    const holder = owner as Record<string, unknown>;
    const value = holder[key];
    if (typeof value === 'string' && value !== '') holder[key] = resolve(folder, value);
  };
  const data: unknown = copy.data;
  fix(copy, 'output');
  fix(data, 'dir');
  fix(copy.model?.weights, 'file');
  for (const phase of ['train', 'val'] as const) {
    const source: unknown = (data as TrainerConfig['data'] | undefined)?.[phase];
    fix(source, 'dir');
    const list = (source as { list?: unknown } | undefined)?.list;
    if (Array.isArray(list)) for (const image of list) fix(image, 'path');
  }
  return copy;
}

/** A deep copy, so that the caller's object stays as it is; a value that cannot be copied is no configuration. */
function structuredCloneOrSame(config: TrainerConfig): TrainerConfig {
  try {
    return structuredClone(config);
  } catch {
    return config;
  }
}
