import type { EnvHttpProxyAgent } from 'undici';
import { LinkBroken, ServerRefused } from './problems';

/** More hops than any real server needs. */
const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/** The answer to a request. The body is there to be read, or to be thrown away by `discard`. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: AsyncIterable<Buffer>;
  discard(): Promise<void>;
}

/**
 * HTTP by undici: unlike Node's own client it honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and watches for silence.
 * Connections live no longer than this object, so that none keeps the process.
 */
export class HttpClient {
  readonly #agent: EnvHttpProxyAgent;

  /**
   * @param idle milliseconds of silence that count as a broken link
   * @throws TypeError for a proxy's address that is none
   */
  constructor(idle: number, environment: NodeJS.ProcessEnv) {
    // Loaded at the first download: `import 'torchwing'` should stay light.
    const undici = require('undici') as typeof import('undici');
    const setting = (name: string) => environment[name] ?? environment[name.toUpperCase()] ?? '';
    this.#agent = new undici.EnvHttpProxyAgent({
      httpProxy: setting('http_proxy'),
      httpsProxy: setting('https_proxy'),
      noProxy: setting('no_proxy'),
      // As other programs do it: only https goes through a tunnel, plain http is asked of the proxy itself.
      proxyTunnel: false,
      connect: { timeout: idle },
      headersTimeout: idle,
      bodyTimeout: idle,
    });
  }

  /**
   * GET, following redirects, from https only to https.
   * @throws ServerRefused for redirects that lead nowhere; LinkBroken; `signal.reason`
   */
  async get(url: string, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<Answer> {
    const undici = require('undici') as typeof import('undici');
    let address = parse(url);
    for (let hops = 0; ; hops++) {
      // A body in another encoding would have another size and another hash.
      const ours = { 'accept-encoding': 'identity', 'user-agent': 'torchwing' };
      const sent = { ...ours, ...authorization(address), ...headers };
      let response: Awaited<ReturnType<typeof undici.request>>;
      try {
        response = await undici.request(address, {
          dispatcher: this.#agent,
          headers: sent,
          signal: signal ?? null,
        });
      } catch (error) {
        signal?.throwIfAborted();
        throw new LinkBroken(error);
      }
      const { statusCode: status, body } = response;
      // What was not asked for is not waited for, and a body that breaks meanwhile has no meaning any more.
      const discard = async () => void body.on('error', () => {}).destroy();
      const answer: Answer = { status, headers: single(response.headers), body, discard };
      const target = answer.headers['location'];
      if (!REDIRECTS.includes(status) || target === undefined) return answer;
      await discard();
      if (hops === MOST_REDIRECTS)
        throw new ServerRefused(`the server redirected more than ${MOST_REDIRECTS} times`);
      address = redirected(address, target);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** A name and password in an address, as a header; a redirect to another server has its own address and so none of it. */
function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  } catch {
    throw new ServerRefused('the name or password in the address has a % that is not %25');
  }
}

/** Where a redirect leads, relative to where it came from. Throws ServerRefused for what is not followed. */
export function redirected(from: URL, target: string): URL {
  const to = parse(target, from.href);
  if (from.protocol === 'https:' && to.protocol !== 'https:')
    throw new ServerRefused(`the server redirected from https to "${to.origin}"`);
  return to;
}

function parse(text: string, base?: string): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new ServerRefused(`"${text}" is no address of http or https`);
}

/** Of a header that was sent twice the first. */
function single(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
