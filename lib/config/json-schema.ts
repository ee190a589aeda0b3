/** The JSON Schema (draft 2020-12) of a config file, for editors and other tools. */
export function configJsonSchema(): Record<string, unknown> {
  // Loaded here and not above for the reason that lib/config/parse.ts gives.
  const { z } = require('zod') as typeof import('zod');
  const { configSchema } = require('./schema') as typeof import('./schema');
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'throw' });
  return { title: 'torchwing training configuration', ...schema };
}
