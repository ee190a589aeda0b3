import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The user's cache folder for torchwing, by the XDG base directory rules. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'torchwing');
}
