import { join } from 'node:path';

/** `runs/<time>-<what>`, by the local clock to the second, so that names sort by age. */
export function defaultRunFolder(what: string, now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${date}-${time}-${what}`);
}
