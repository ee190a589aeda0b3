import type { TrainerConfig } from './types';

type Plain = Record<string, unknown>;

/** Values that are replaced as a whole: joining two sources or two weight choices would name something else. */
const WHOLE = new Set([
  'data.train',
  'data.val',
  'model.weights',
  'data.transforms.train',
  'data.transforms.val',
]);

/** What `over` says wins, field by field; fields that it leaves out (or sets to undefined) stay as in `base`. */
export function mergeConfig(base: Partial<TrainerConfig>, over: Partial<TrainerConfig>): TrainerConfig {
  const merged = merge(base as Plain, over as Plain, '');
  // A new folder or data set replaces the old sources, in whichever form those were given.
  const data = over.data;
  if (data?.dir !== undefined)
    merged['data'] = omit(merged['data'] as Plain, data, ['dataset', 'train', 'val', 'valSplit']);
  if (data?.dataset !== undefined)
    merged['data'] = omit(merged['data'] as Plain, data, ['dir', 'train', 'val', 'valSplit']);
  if (data?.train !== undefined || data?.val !== undefined) {
    merged['data'] = omit(merged['data'] as Plain, data, ['dir', 'dataset', 'valSplit']);
  }
  return merged as unknown as TrainerConfig;
}

function merge(base: Plain, over: Plain, path: string): Plain {
  const result: Plain = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const here = path === '' ? key : `${path}.${key}`;
    const old = result[key];
    result[key] = isPlain(old) && isPlain(value) && !WHOLE.has(here) ? merge(old, value, here) : value;
  }
  return result;
}

function omit(data: Plain, keep: object, keys: readonly string[]): Plain {
  return Object.fromEntries(Object.entries(data).filter(([key]) => key in keep || !keys.includes(key)));
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
