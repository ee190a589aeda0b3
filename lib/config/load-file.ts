import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TorchwingError } from '../native/errors';
import { absolutePaths } from './paths';
import type { TrainerConfig } from './types';

const SCRIPTS = ['.js', '.mjs', '.cjs'];

/**
 * Reads a config file: JSON, or JavaScript whose default export (or `module.exports`) is the configuration. Relative
 * paths in it start from the file's folder. The values are checked later, by `resolveConfig`.
 * @throws TorchwingError CONFIG_NOT_FOUND or INVALID_CONFIG
 */
export async function loadConfigFile(path: string): Promise<TrainerConfig> {
  const file = resolve(path);
  const extension = extname(file).toLowerCase();
  if (extension !== '.json' && !SCRIPTS.includes(extension)) {
    throw new TorchwingError(
      'INVALID_CONFIG',
      `Invalid config file "${path}": received the extension "${extension}", expected .json, .js, .mjs or .cjs.`,
    );
  }
  const text = await read(file, path);
  const value = extension === '.json' ? parse(text, path) : await run(file, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TorchwingError(
      'INVALID_CONFIG',
      `Invalid config file "${path}": received ${Array.isArray(value) ? 'a list' : String(value)}, expected a configuration object.`,
    );
  }
  return absolutePaths(value as TrainerConfig, dirname(file));
}

async function read(file: string, path: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new TorchwingError(
      'CONFIG_NOT_FOUND',
      reason === 'ENOENT'
        ? `The config file "${path}" does not exist.`
        : `The config file "${path}" cannot be read (${reason}).`,
      { cause: error },
    );
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new TorchwingError(
      'INVALID_CONFIG',
      `Invalid config file "${path}": ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

async function run(file: string, path: string): Promise<unknown> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(file).href);
    const exported = module.default;
    // A CommonJS file compiled from `export default` arrives wrapped once more.
    const wrapped = exported as { __esModule?: boolean; default?: unknown } | null | undefined;
    return wrapped?.__esModule === true ? wrapped.default : exported;
  } catch (error) {
    throw new TorchwingError(
      'INVALID_CONFIG',
      `The config file "${path}" cannot be run: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
