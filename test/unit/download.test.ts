import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { download } from '../../lib/download/download';
import { redirected } from '../../lib/download/http';
import { addressOf, isOffline } from '../../lib/download/settings';
import type { DownloadOptions, DownloadProgress, DownloadRequest } from '../../lib/download/types';
import { tryLock } from '../../lib/files/lock-file';
import { LoopbackServer, serve, serveBroken } from '../loopback-server';
import { rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

/** Bytes without a pattern that a wrong offset would keep. */
const FILE = Buffer.concat(Array.from({ length: 6000 }, (_, at) => sha256(Buffer.from(`${at}`))));
const OTHER = Buffer.from(FILE).fill(7, 1000, 2000);

let server: LoopbackServer;
let folder: string;
beforeEach(async () => {
  server = await new LoopbackServer().listen();
  folder = temporaryFolder();
});
afterEach(() => server.close());
afterAll(removeTemporaryFolders);

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function request(changes: Partial<DownloadRequest> = {}): DownloadRequest {
  return {
    name: 'the test file',
    url: `${server.url}/file.bin`,
    path: join(folder, 'cache', 'file.bin'),
    sha256: sha256(FILE).toString('hex'),
    bytes: { about: FILE.length, least: FILE.length, most: FILE.length },
    cure: 'Put it there by hand.',
    ...changes,
  };
}

/** Quick to give up, and with no setting of the machine that runs the tests. */
function options(changes: DownloadOptions = {}): DownloadOptions {
  return { patience: { idle: 10_000, attempts: 3, pause: 1 }, environment: {}, ...changes };
}

const files = () => readdirSync(join(folder, 'cache')).sort();
const received = () => readFileSync(join(folder, 'cache', 'file.bin'));

test('a file arrives whole, under its name only, with progress from 0 to its size', async () => {
  server.respond = serve(FILE);
  const progress: DownloadProgress[] = [];
  const from = await download(request(), options({ onProgress: (now) => progress.push(now) }));
  expect(from).toBe(`${server.url}/file.bin`);
  expect(received().equals(FILE)).toBe(true);
  expect(files()).toEqual(['file.bin']);
  expect(progress[0]).toMatchObject({
    state: 'downloading',
    received: 0,
    total: FILE.length,
    name: 'the test file',
  });
  expect(progress.at(-1)).toMatchObject({ received: FILE.length, total: FILE.length });
});

test('a hash that is known by its first digits is compared by them', async () => {
  server.respond = serve(FILE);
  await download(request({ sha256: sha256(FILE).toString('hex').slice(0, 8) }), options());
  expect(received().equals(FILE)).toBe(true);
});

test('a connection that breaks again and again is gone on with by ranges of the same version', async () => {
  server.respond = serveBroken(FILE, 50_000);
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
  expect(server.seen.length).toBe(4);
  expect(server.seen[0]).toMatchObject({ range: undefined, ifRange: undefined });
  for (const seen of server.seen.slice(1)) {
    expect(Number(/^bytes=(\d+)-$/.exec(seen.range ?? '')?.[1])).toBeGreaterThan(0);
    expect(seen.ifRange).toBe('"v1"');
  }
});

test('what a failed download received is where the next one goes on', async () => {
  server.respond = (incoming, response, count) =>
    count === 1 ? serveBroken(FILE, 50_000)(incoming, response, count) : response.destroy();
  expect((await rejection(download(request(), options()))).code).toBe('DOWNLOAD_FAILED');
  expect(files()).toEqual(['file.bin.part', 'file.bin.part.json']);
  const before = server.seen.length;
  server.respond = serve(FILE);
  await download(request(), options());
  expect(server.seen.slice(before)).toEqual([
    expect.objectContaining({ range: 'bytes=50000-', ifRange: '"v1"' }),
  ]);
  expect(received().equals(FILE)).toBe(true);
  expect(files()).toEqual(['file.bin']);
});

test('a server that ignores ranges is begun with anew', async () => {
  server.respond = (incoming, response, count) => {
    delete incoming.headers.range;
    (count === 1 ? serveBroken(FILE, 50_000) : serve(FILE))(incoming, response, count);
  };
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
});

test('a file that changes between two ranges is begun with anew, by its ETag', async () => {
  server.respond = (incoming, response, count) =>
    (count === 1 ? serveBroken(OTHER, 50_000, '"old"') : serve(FILE, '"new"'))(incoming, response, count);
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
  expect(server.seen).toHaveLength(2);
});

test('a file that changes behind the same ETag is found out by its hash and fetched in one piece', async () => {
  server.respond = (incoming, response, count) =>
    (count === 1 ? serveBroken(OTHER, 50_000) : serve(FILE))(incoming, response, count);
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
  expect(server.seen.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', undefined]);
});

test.each([
  ['another range than asked for', { 'content-range': `bytes 7-${FILE.length - 1}/${FILE.length}` }],
  ['a range of a file of another size', { 'content-range': 'bytes 50000-59999/60000' }],
  ['a range that is none', { 'content-range': 'pages 1-2/3' }],
])('an answer with %s is thrown away', async (_, headers) => {
  server.respond = (incoming, response, count) => {
    if (count === 1) return serveBroken(FILE, 50_000)(incoming, response, count);
    if (count === 2) return void response.writeHead(206, headers).end('wrong');
    return serve(FILE)(incoming, response, count);
  };
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
});

test('a range that is not there any more (416) makes it begin anew', async () => {
  server.respond = (incoming, response, count) => {
    if (count === 1) return serveBroken(FILE, 50_000)(incoming, response, count);
    if (count === 2) return void response.writeHead(416).end();
    return serve(FILE)(incoming, response, count);
  };
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
});

test('wrong bytes are refused by hash, after one look, and nothing is left', async () => {
  server.respond = serve(OTHER);
  const error = await rejection(download(request(), options()));
  expect(error.code).toBe('DOWNLOAD_CORRUPT');
  expect(error.message).toContain(sha256(OTHER).toString('hex'));
  expect(error.hint).toContain('Put it there by hand.');
  expect(server.seen).toHaveLength(1);
  expect(files()).toEqual([]);
});

test.each([
  ['a sign-in page', Buffer.from('<html>Please sign in</html>')],
  ['a longer file', Buffer.concat([FILE, FILE])],
])('%s is refused by its size before it is received', async (_, bytes) => {
  server.respond = serve(bytes);
  const error = await rejection(download(request(), options()));
  expect(error.code).toBe('DOWNLOAD_CORRUPT');
  expect(error.message).toContain(`it has ${bytes.length} bytes, expected ${FILE.length}`);
  expect(files()).toEqual([]);
});

test('a body without an end is cut off at the greatest size', async () => {
  server.respond = (_, response) => {
    const more = () => response.write(FILE, more);
    more();
  };
  expect((await rejection(download(request(), options()))).code).toBe('DOWNLOAD_CORRUPT');
  expect(files()).toEqual([]);
});

test.each([301, 302, 303, 307, 308])('redirect %d is followed, relative and absolute', async (status) => {
  server.respond = (incoming, response, count) => {
    if (count === 1) response.writeHead(status, { location: 'elsewhere' }).end('moved');
    else if (count === 2) response.writeHead(status, { location: `${server.url}/third` }).end();
    else serve(FILE)(incoming, response, count);
  };
  await download(request(), options());
  expect(server.seen.map(({ url }) => url)).toEqual(['/file.bin', '/elsewhere', '/third']);
  expect(received().equals(FILE)).toBe(true);
});

test('a loop of redirects ends, and is not tried again', async () => {
  server.respond = (_, response) => response.writeHead(302, { location: '/file.bin' }).end();
  const error = await rejection(download(request(), options()));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain('redirected more than 5 times');
  expect(server.seen).toHaveLength(6);
});

test.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://[', 'data:,x'])(
  'a redirect to %s is refused',
  async (location) => {
    server.respond = (_, response) => response.writeHead(302, { location }).end();
    const error = await rejection(download(request(), options()));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(server.seen).toHaveLength(1);
  },
);

test('a redirect from https leads to https only', () => {
  const from = new URL('https://127.0.0.1/a/b');
  expect(redirected(from, '../c').href).toBe('https://127.0.0.1/c');
  expect(() => redirected(from, 'http://127.0.0.1/c')).toThrow('from https to "http://127.0.0.1"');
});

test('404 fails at once; the message has the address and the answer, the hint the way out', async () => {
  const error = await rejection(download(request(), options()));
  expect(error).toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: `Downloading the test file from ${server.url}/file.bin failed: the server answered 404.`,
    hint: 'Put it there by hand.',
  });
  expect(server.seen).toHaveLength(1);
});

test.each([500, 503, 429, 408])('%d is tried again', async (status) => {
  server.respond = (incoming, response, count) =>
    count < 3 ? void response.writeHead(status).end() : serve(FILE)(incoming, response, count);
  await download(request(), options());
  expect(received().equals(FILE)).toBe(true);
});

test('a server that stays broken is given up after the attempts', async () => {
  server.respond = (_, response) => response.writeHead(500).end();
  const error = await rejection(download(request(), options()));
  expect(error.message).toContain('the server answered 500');
  expect(server.seen).toHaveLength(3);
});

test('a server that falls silent, before or within its answer, counts as broken', async () => {
  server.respond = (incoming, response, count) => {
    if (count === 1) return;
    if (count === 2) {
      response
        .writeHead(200, { 'content-length': FILE.length, etag: '"v1"' })
        .write(FILE.subarray(0, 40_000));
      return;
    }
    serve(FILE)(incoming, response, count);
  };
  await download(request(), options({ patience: { idle: 1000, pause: 1 } }));
  expect(server.seen.map(({ range }) => range)).toEqual([undefined, undefined, 'bytes=40000-']);
  expect(received().equals(FILE)).toBe(true);
});

test('nobody listens: the message says so', async () => {
  const closed = request();
  await server.close();
  const error = await rejection(download(closed, options()));
  server = await new LoopbackServer().listen();
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain('ECONNREFUSED');
  expect(files()).toEqual([]);
});

test('an abort ends it with its reason; what was received stays', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  server.respond = (_, response) => {
    response.writeHead(200, { 'content-length': FILE.length, etag: '"v1"' }).write(FILE.subarray(0, 40_000));
    setTimeout(() => controller.abort(reason), 100);
  };
  const error = await rejection(
    download(request(), options({ signal: controller.signal, patience: { idle: 30_000 } })),
  );
  expect(error).toBe(reason);
  expect(files()).toEqual(['file.bin.part', 'file.bin.part.json']);
});

test('what a progress listener throws ends it', async () => {
  server.respond = serve(FILE);
  const thrown = new Error('listener');
  const onProgress = () => {
    throw thrown;
  };
  expect(await rejection(download(request(), options({ onProgress })))).toBe(thrown);
});

test('a disk without room is refused before anything is received', async () => {
  server.respond = serve(FILE);
  const error = await rejection(download(request(), options({ freeBytes: async () => 1000 })));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain(`1000 bytes free, expected at least ${FILE.length}`);
});

test('a folder that cannot be written is an error with the path', async () => {
  writeFileSync(join(folder, 'cache'), 'a file');
  const error = await rejection(download(request(), options()));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain(join(folder, 'cache'));
});

test('of several downloads of one file at once only one asks the server (10 times)', async () => {
  for (let round = 0; round < 10; round++) {
    const path = join(folder, `round-${round}`, 'file.bin');
    // Late enough that all three have met.
    server.respond = (...answer) => setTimeout(() => serve(FILE)(...answer), 100);
    const before = server.seen.length;
    const states: string[] = [];
    const onProgress = ({ state }: DownloadProgress) => void states.push(state);
    const from = await Promise.all([1, 2, 3].map(() => download(request({ path }), options({ onProgress }))));
    expect(server.seen.length - before).toBe(1);
    expect(from.filter((address) => address !== null)).toHaveLength(1);
    expect(states.filter((state) => state === 'waiting')).toHaveLength(2);
    expect(readFileSync(path).equals(FILE)).toBe(true);
    expect(readdirSync(join(folder, `round-${round}`))).toEqual(['file.bin']);
  }
});

test('a lock that a dead process left is taken over', async () => {
  server.respond = serve(FILE);
  await download(request(), options());
  const lock = JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1', bootId: '', host: 'x', token: 't' });
  const own = JSON.parse(lock);
  own.host = (await import('node:os')).hostname();
  writeFileSync(join(folder, 'cache', 'file.bin.lock'), JSON.stringify(own));
  await download(request(), options());
  expect(existsSync(join(folder, 'cache', 'file.bin.lock'))).toBe(false);
});

test('a lock whose owner does nothing for ten minutes is waited for no longer', async () => {
  server.respond = serve(FILE);
  mkdirSync(join(folder, 'cache'));
  const lock = join(folder, 'cache', 'file.bin.lock');
  // Held by this very process, which lives.
  const held = await tryLock(lock);
  const old = new Date(Date.now() - 601_000);
  utimesSync(lock, old, old);
  const error = await rejection(download(request(), options()));
  expect(error.code).toBe('DOWNLOAD_FAILED');
  expect(error.message).toContain(`waits for process ${process.pid}`);
  expect(error.hint).toContain(lock);
  expect(server.seen).toEqual([]);
  if ('release' in held) await held.release();
});

describe('proxies', () => {
  test('HTTP_PROXY is asked for the whole address, unless NO_PROXY names the host', async () => {
    server.respond = serve(FILE);
    const environment = { HTTP_PROXY: server.url };
    // A name that only the proxy could resolve.
    await download(request({ url: 'http://published.invalid/file.bin' }), options({ environment }));
    expect(server.seen.map(({ url }) => url)).toEqual(['http://published.invalid/file.bin']);
    const direct = { HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '127.0.0.1' };
    await download(request({ path: join(folder, 'direct.bin') }), options({ environment: direct }));
    expect(readFileSync(join(folder, 'direct.bin')).equals(FILE)).toBe(true);
  });

  test('HTTPS_PROXY is asked for a tunnel', async () => {
    const asked: string[] = [];
    server.server.on('connect', (incoming, socket) => {
      asked.push(`${incoming.url}`);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    const environment = { https_proxy: server.url };
    const error = await rejection(
      download(request({ url: 'https://published.invalid/file.bin' }), options({ environment })),
    );
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain('502');
    expect(asked[0]).toBe('published.invalid:443');
  });

  test('an address that is none is an error', async () => {
    const error = await rejection(download(request(), options({ environment: { HTTPS_PROXY: '::::' } })));
    expect(error.code).toBe('DOWNLOAD_FAILED');
    expect(error.message).toContain('HTTPS_PROXY');
  });
});

test('a mirror may have a name and password, which nobody is shown and no other server gets', async () => {
  const other = await new LoopbackServer().listen();
  other.respond = (incoming, response, count) => {
    expect(incoming.headers.authorization).toBeUndefined();
    if (count === 1) serve(FILE)(incoming, response, count);
    else response.writeHead(403).end();
  };
  let sent: string | undefined;
  server.respond = (incoming, response) => {
    sent = incoming.headers.authorization;
    response.writeHead(302, { location: `${other.url}/elsewhere` }).end();
  };
  const url = `${server.url.replace('//', '//me:s%40cret@')}/file.bin`;
  const addresses: string[] = [];
  const onProgress = (now: DownloadProgress) => void addresses.push(now.url);
  expect(await download(request({ url }), options({ onProgress }))).toBe(`${server.url}/file.bin`);
  expect(sent).toBe(`Basic ${Buffer.from('me:s@cret').toString('base64')}`);
  const again = download(request({ url, path: join(folder, 'again.bin') }), options({ onProgress }));
  expect(JSON.stringify([await rejection(again), addresses])).not.toMatch(/s%40cret|s@cret/);
  await other.close();
  const odd = request({
    url: `${server.url.replace('//', '//me:50%@')}/file.bin`,
    path: join(folder, 'odd.bin'),
  });
  expect((await rejection(download(odd, options()))).message).toContain('a % that is not %25');
});

describe('settings', () => {
  test('TORCHWING_OFFLINE is any value but the empty one and 0', () => {
    expect(
      ['1', 'yes', '0', '', undefined].map((TORCHWING_OFFLINE) => isOffline({ TORCHWING_OFFLINE })),
    ).toEqual([true, true, false, false, false]);
  });

  test('TORCHWING_MIRROR stands for the published site, and for no other', () => {
    const environment = { TORCHWING_MIRROR: 'http://127.0.0.1:8000/pytorch/' };
    expect(addressOf('https://download.pytorch.org/models/x.pth', environment)).toBe(
      'http://127.0.0.1:8000/pytorch/models/x.pth',
    );
    expect(addressOf('http://127.0.0.1/x', environment)).toBe('http://127.0.0.1/x');
    expect(addressOf('https://download.pytorch.org/x', {})).toBe('https://download.pytorch.org/x');
  });
});
