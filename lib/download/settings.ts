/** Where everything that torchwing downloads is published. */
const PUBLISHED_AT = 'https://download.pytorch.org';

/** Whether `TORCHWING_OFFLINE` forbids the network: any value but the empty one and 0. */
export function isOffline(environment: NodeJS.ProcessEnv = process.env): boolean {
  return !['', '0'].includes(environment['TORCHWING_OFFLINE'] ?? '');
}

/** An address as messages and files may show it: without a name and password in it. */
export function withoutCredentials(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * The address that a published file is fetched from: its own, or the same path below `TORCHWING_MIRROR`, a site's own copy
 * of it. What comes from there is checked like the original.
 */
export function addressOf(url: string, environment: NodeJS.ProcessEnv = process.env): string {
  const mirror = environment['TORCHWING_MIRROR'] ?? '';
  if (mirror === '' || !url.startsWith(`${PUBLISHED_AT}/`)) return url;
  return mirror.replace(/\/+$/, '') + url.slice(PUBLISHED_AT.length);
}
