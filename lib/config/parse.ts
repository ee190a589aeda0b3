import type { Transform } from '../data/transforms';
import { invalidConfig } from './problems';
import type { ParsedConfig } from './schema';

/*
 * The schemas are loaded when something is first checked: zod takes longer to load than all else that
 * `import 'torchwing'` brings in.
 */

/** Checks a configuration and fills in the defaults that depend on nothing. Throws INVALID_CONFIG. */
export function parseConfig(input: unknown): ParsedConfig {
  const { configSchema } = require('./schema') as typeof import('./schema');
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw invalidConfig(input, parsed.error.issues);
  return parsed.data;
}

/** A checked pipeline, or what was expected instead. */
export function parseTransforms(input: unknown): { transforms: Transform[] } | { expected: string } {
  const { transformsSchema } = require('./schema-transforms') as typeof import('./schema-transforms');
  const parsed = transformsSchema.safeParse(input);
  return parsed.success
    ? { transforms: parsed.data }
    : { expected: parsed.error.issues[0]?.message ?? 'a list of transforms' };
}
