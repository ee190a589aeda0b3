import type { DownloadProgress } from '../../lib/download/types';
import { Trainer } from '../../lib/trainer/trainer';
import { LoopbackServer } from '../loopback-server';
import { FakeNative } from './fake-native';
import { antsAndBees, rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockFake.load.onNativeWarning(listener),
}));

const environment = { ...process.env };
const dir = antsAndBees(4);
let server: LoopbackServer;
beforeEach(async () => {
  mockFake = new FakeNative();
  server = await new LoopbackServer().listen();
  for (const name of ['http_proxy', 'HTTP_PROXY', 'TORCHWING_OFFLINE']) delete process.env[name];
  process.env['XDG_CACHE_HOME'] = temporaryFolder();
  process.env['TORCH_HOME'] = temporaryFolder();
  process.env['TORCHWING_MIRROR'] = server.url;
});
afterEach(async () => {
  process.env = { ...environment };
  await server.close();
});
afterAll(removeTemporaryFolders);

/** The first megabyte of the weights, and then silence. */
function beginOnly(): void {
  server.respond = (_, response) => {
    response.writeHead(200, { 'content-length': 46_830_571, etag: '"v1"' }).write(Buffer.alloc(1_000_000));
  };
}

test('a fit tells its listener of the download of its weights; an abort ends both with its reason', async () => {
  beginOnly();
  const controller = new AbortController();
  const reason = new Error('enough');
  const told: DownloadProgress[] = [];
  const onDownload = (progress: DownloadProgress) => {
    told.push(progress);
    if (progress.received > 0) controller.abort(reason);
  };
  const fit = new Trainer({ data: { dir } }).fit({ signal: controller.signal, onDownload });
  expect(await rejection(fit)).toBe(reason);
  expect(told[0]).toMatchObject({
    name: 'the weights IMAGENET1K_V1 of resnet18',
    state: 'downloading',
    url: `${server.url}/models/resnet18-f37072fd.pth`,
    received: 0,
    total: 46_830_571,
  });
  // Nothing native was touched for a run that has no weights.
  expect(mockFake.calls).toEqual([]);
});

test('what the listener throws is what fit() rejects with', async () => {
  beginOnly();
  const thrown = new Error('listener');
  const onDownload = () => {
    throw thrown;
  };
  expect(await rejection(new Trainer({ data: { dir } }).fit({ onDownload }))).toBe(thrown);
});

test('each architecture asks for its own file', async () => {
  const config = { data: { dir }, model: { arch: 'resnet50', weights: 'IMAGENET1K_V2' } } as const;
  expect((await rejection(new Trainer(config).fit())).code).toBe('DOWNLOAD_FAILED');
  expect(server.seen.map(({ url }) => url)).toEqual(['/models/resnet50-11ad3fa6.pth']);
});

test('a data set that cannot be had ends the fit before the weights are asked for, and leaves the trainer usable', async () => {
  const trainer = new Trainer({ data: { dataset: 'hymenoptera' } });
  for (let attempt = 1; attempt <= 2; attempt++) {
    expect((await rejection(trainer.fit())).code).toBe('DOWNLOAD_FAILED');
    expect(server.seen.map(({ url }) => url)).toEqual(Array(attempt).fill('/tutorial/hymenoptera_data.zip'));
  }
});
