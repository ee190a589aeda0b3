import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoopbackServer, type Respond, serve, serveBroken } from '../loopback-server';
import { zipOf } from '../zip-writer';
import { type Finished, SHARED_DATA, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';

const PHOTOS = join(SHARED_DATA, 'hymenoptera_data');
const WEIGHTS_SIZE = 46_830_571;

let place = '';
let data = '';
let server: LoopbackServer;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-download-'));
  data = drawPhotos({ train: 4, val: 2 });
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  server = await new LoopbackServer().listen();
});
afterEach(() => server.close());

/** Caches of its own, and the loopback server instead of the published site. */
function environment(cache: string, more: Record<string, string> = {}): Record<string, string | undefined> {
  const proxies = Object.fromEntries(
    ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, undefined]),
  );
  const cached = { XDG_CACHE_HOME: join(place, cache), TORCH_HOME: join(place, cache, 'torch') };
  return { ...proxies, ...cached, TORCHWING_MIRROR: server.url, TORCHWING_OFFLINE: undefined, ...more };
}

function train(args: readonly string[], env: Record<string, string | undefined>): Promise<Finished> {
  const output = mkdtempSync(join(place, 'run-'));
  const quick = ['--epochs', '1', '--image-size', '32', '--mode', 'extractor', '--batch-size', '32'];
  return torchwing(['train', ...quick, '--output', output, ...args], { env });
}

describe('weights', () => {
  test('that are in no cache are asked for, and wrong ones are refused; nothing is left', async () => {
    server.respond = serve(Buffer.alloc(WEIGHTS_SIZE, 'x'));
    const { code, stderr } = await train(['--data', data], environment('wrong'));
    expect(code).toBe(3);
    expect(server.seen.map(({ url }) => url)).toEqual(['/models/resnet18-f37072fd.pth']);
    expect(stderr).toContain(
      `Downloading the weights IMAGENET1K_V1 of resnet18 (46.8 MB) from ${server.url}/models/`,
    );
    expect(stderr).toContain('46.8 MB of 46.8 MB, 100 %');
    expect(stderr).toContain('error [DOWNLOAD_CORRUPT]');
    expect(readdirSync(join(place, 'wrong/torchwing/weights'))).toEqual([]);
  });

  test('offline nobody is asked', async () => {
    const { code, stderr } = await train(
      ['--data', data],
      environment('offline', { TORCHWING_OFFLINE: '1' }),
    );
    expect(code).toBe(3);
    expect(stderr).toContain('error [WEIGHTS_NOT_FOUND]');
    expect(server.seen).toEqual([]);
  });

  test.each([
    ['SIGINT', { code: 130, signal: null }],
    ['SIGKILL', { code: null, signal: 'SIGKILL' }],
  ] as const)(
    '%s ends a download at once; the next one goes on where it was',
    async (signal, end) => {
      const bytes = Buffer.alloc(WEIGHTS_SIZE, 'y');
      const begun: Respond = (_, response) => {
        response.writeHead(200, { 'content-length': WEIGHTS_SIZE, etag: '"v1"' });
        response.write(bytes.subarray(0, 1_000_000));
      };
      server.respond = begun;
      const part = join(place, `stopped-${signal}/torchwing/weights/resnet18-f37072fd.pth.part`);
      let child: { kill(signal: NodeJS.Signals): boolean } | null = null;
      const watch = setInterval(() => {
        if (child !== null && existsSync(part) && statSync(part).size === 1_000_000) {
          child.kill(signal);
          child = null;
        }
      }, 20);
      const output = mkdtempSync(join(place, 'run-'));
      const ended = torchwing(['train', '--data', data, '--output', output], {
        env: environment(`stopped-${signal}`),
        onStart: (started) => {
          child = started;
        },
      });
      expect(await ended.finally(() => clearInterval(watch))).toMatchObject(end);
      expect(statSync(part).size).toBe(1_000_000);
      server.respond = serve(bytes);
      const { stderr } = await train(['--data', data], environment(`stopped-${signal}`));
      expect(stderr).toContain('of which 1.0 MB are there already');
      expect(server.seen.at(1)).toMatchObject({ range: 'bytes=1000000-', ifRange: '"v1"' });
    },
    120_000,
  );
});

describe('the data set', () => {
  let zip: Buffer;
  beforeAll(() => {
    if (!existsSync(PHOTOS)) throw new Error(`These tests need the shared data; "${PHOTOS}" is not there.`);
    const names = readdirSync(PHOTOS, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(PHOTOS, name)).isFile())
      .sort();
    zip = zipOf(
      names.map((name) => ({ name: `hymenoptera_data/${name}`, data: readFileSync(join(PHOTOS, name)) })),
    );
  });

  test('hymenoptera comes over a connection that breaks, for two processes at once, and both train on it', async () => {
    // The first answer comes late enough that both processes have met.
    server.respond = (request, response, count) =>
      setTimeout(() => serveBroken(zip, 20_000_000)(request, response, count), count === 1 ? 3000 : 0);
    const env = environment('dataset');
    const args = ['--dataset', 'hymenoptera', '--weights', 'none', '--json'];
    const runs = await Promise.all([train(args, env), train(args, env)]);
    for (const { code, stdout, stderr } of runs) {
      expect(stderr).not.toContain('error');
      expect(code).toBe(0);
      expect(JSON.parse(stdout.slice(0, stdout.indexOf('\n')))).toMatchObject({
        classes: ['ants', 'bees'],
        counts: { train: 244, val: 153 },
        config: { data: { train: { dataset: 'hymenoptera', split: 'train' } } },
      });
    }
    const both = runs.map(({ stderr }) => stderr).join('');
    expect(both.match(/Downloading the data set hymenoptera/g)).toHaveLength(1);
    expect(both.match(/Waiting for another process that downloads the data set hymenoptera/g)).toHaveLength(
      1,
    );
    expect(server.seen).toHaveLength(3);
    expect(server.seen.map(({ url }) => url)).toEqual(Array(3).fill('/tutorial/hymenoptera_data.zip'));
    expect(readdirSync(join(place, 'dataset/torchwing/datasets'))).toEqual(['hymenoptera_data']);
  }, 240_000);

  test('a zip that was put into the cache is enough offline; one with a changed photo is refused', async () => {
    const folder = join(place, 'by-hand/torchwing/datasets');
    mkdirSync(folder, { recursive: true });
    const changed = Buffer.from(zip);
    // Inside the first photo's data, where a CRC-32 guards it.
    changed[5000] = (changed[5000] ?? 0) ^ 1;
    writeFileSync(join(folder, 'hymenoptera_data.zip'), changed);
    const env = environment('by-hand', { TORCHWING_OFFLINE: '1' });
    const args = ['--dataset', 'hymenoptera', '--weights', 'none'];
    const refused = await train(args, env);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('error [DOWNLOAD_CORRUPT]');
    writeFileSync(join(folder, 'hymenoptera_data.zip'), zip);
    const { stdout, code } = await train([...args, '--json'], env);
    expect(code).toBe(0);
    expect(stdout).toContain('"counts":{"train":244,"val":153}');
    expect(server.seen).toEqual([]);
  }, 240_000);
});
