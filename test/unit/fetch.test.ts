import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedDataset } from '../../lib/data/dataset-catalogue';
import { datasetFolder, fetchDataset } from '../../lib/data/fetch-dataset';
import type { DownloadProgress } from '../../lib/download/types';
import { findWeights } from '../../lib/model/weights';
import {
  PUBLISHED_WEIGHTS,
  type PublishedWeights,
  publishedWeights,
  sizeBounds,
} from '../../lib/model/weights-catalogue';
import { LoopbackServer, serve } from '../loopback-server';
import { zipOf } from '../zip-writer';
import { rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

let server: LoopbackServer;
let environment: NodeJS.ProcessEnv;
beforeEach(async () => {
  server = await new LoopbackServer().listen();
  environment = { XDG_CACHE_HOME: temporaryFolder(), TORCHWING_MIRROR: `${server.url}/mirror` };
});
afterEach(() => server.close());
afterAll(removeTemporaryFolders);

const hex = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

describe('published weights', () => {
  const bytes = Buffer.from('weights, as it were');
  const published: PublishedWeights = {
    arch: 'resnet18',
    classes: 1000,
    fileName: 'small-0123.pth',
    url: 'https://download.pytorch.org/models/small-0123.pth',
    sha256: hex(bytes),
    size: bytes.length,
  };
  const find = (more = {}) =>
    findWeights('IMAGENET1K_V1', {
      arch: 'resnet18',
      lookUp: () => published,
      environment,
      patience: { attempts: 1 },
      ...more,
    });

  test('are downloaded into the cache once, and then found there', async () => {
    server.respond = serve(bytes);
    const path = join(environment['XDG_CACHE_HOME'] ?? '', 'torchwing/weights/small-0123.pth');
    expect(await find()).toBe(path);
    expect(server.seen.map(({ url }) => url)).toEqual(['/mirror/models/small-0123.pth']);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(await find()).toBe(path);
    expect(server.seen).toHaveLength(1);
  });

  test('of Python are used where they lie', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'hub/checkpoints');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'small-0123.pth'), bytes);
    environment['TORCH_HOME'] = home;
    expect(await find()).toBe(join(folder, 'small-0123.pth'));
    expect(server.seen).toEqual([]);
  });

  test('that are damaged in a cache are said to be, and downloaded', async () => {
    server.respond = serve(bytes);
    const folder = join(environment['XDG_CACHE_HOME'] ?? '', 'torchwing/weights');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'small-0123.pth'), 'half');
    const warn = jest.fn();
    expect(await find({ warn })).toBe(join(folder, 'small-0123.pth'));
    expect(warn.mock.calls[0][0].code).toBe('WEIGHTS_ALTERED');
    expect(readFileSync(join(folder, 'small-0123.pth')).equals(bytes)).toBe(true);
  });

  test('without a network: one message with the address, the hash and where to put the file', async () => {
    const error = await rejection(find());
    expect(error.code).toBe('DOWNLOAD_FAILED');
    for (const part of [
      published.url,
      published.sha256,
      'torchwing/weights/small-0123.pth',
      '--weights none',
    ])
      expect(error.hint).toContain(part);
  });

  test('are not asked for under TORCHWING_OFFLINE', async () => {
    environment['TORCHWING_OFFLINE'] = '1';
    const error = await rejection(find());
    expect(error.code).toBe('WEIGHTS_NOT_FOUND');
    expect(error.hint).toContain(published.sha256);
    expect(server.seen).toEqual([]);
  });

  test('with wrong bytes are refused, and nothing is left', async () => {
    server.respond = serve(Buffer.from('weights, as it weRe'));
    expect((await rejection(find())).code).toBe('DOWNLOAD_CORRUPT');
    expect(readdirSync(join(environment['XDG_CACHE_HOME'] ?? '', 'torchwing/weights'))).toEqual([]);
  });

  test('of a name that an architecture does not have are an error', async () => {
    const error = await rejection(findWeights('IMAGENET1K_V2', { arch: 'resnet18', environment }));
    expect(error.code).toBe('WEIGHTS_NOT_FOUND');
    expect(error.message).toContain('IMAGENET1K_V2 of resnet18');
  });

  test('in the catalogue: each file name carries the hash that is checked', () => {
    for (const [arch, names] of Object.entries(PUBLISHED_WEIGHTS)) {
      for (const file of Object.values(names) as PublishedWeights[]) {
        expect(file.arch).toBe(arch);
        expect(file.fileName).toBe(`${arch}-${file.sha256.slice(0, 8)}.pth`);
        expect(file.url.endsWith(`/models/${file.fileName}`)).toBe(true);
        expect(file.sha256).toMatch(/^[0-9a-f]{8}([0-9a-f]{56})?$/);
      }
    }
    const whole = publishedWeights('resnet18', 'IMAGENET1K_V1') as PublishedWeights;
    expect(sizeBounds(whole)).toEqual({ about: 46_830_571, least: 46_830_571, most: 46_830_571 });
    const rounded = publishedWeights('resnet50', 'IMAGENET1K_V2') as PublishedWeights;
    expect(sizeBounds(rounded).most - sizeBounds(rounded).least).toBe(2 * 1049);
  });
});

describe('a published data set', () => {
  const images = ['train/ants/1.jpg', 'train/bees/2 b.jpg', 'val/ants/3.jpg', 'val/bees/4.jpeg'];
  const members = images.map((name) => ({ name: `small/${name}`, data: Buffer.from(name) }));
  const zip = zipOf([...members, { name: 'small/train/ants/none.gif', data: Buffer.from('gif') }]);
  const dataset: PublishedDataset = {
    name: 'small',
    url: 'https://download.pytorch.org/tutorial/small.zip',
    fileName: 'small.zip',
    folder: 'small',
    images: { train: 2, val: 2 },
    contentsSha256: hex(images.map((name) => `${hex(name)}  ${name}\n`).join('')),
    bytes: { about: 500, least: 100, most: 10_000 },
  };
  const cache = () => join(environment['XDG_CACHE_HOME'] ?? '', 'torchwing/datasets');
  const fetch = (more = {}) => fetchDataset(dataset, { environment, patience: { attempts: 1 }, ...more });

  test('is downloaded, unpacked and checked once; only the folder stays', async () => {
    server.respond = serve(zip);
    const states: string[] = [];
    const onProgress = ({ state }: DownloadProgress) => void states.push(state);
    expect(await fetch({ onProgress })).toBe(join(cache(), 'small'));
    expect(server.seen.map(({ url }) => url)).toEqual(['/mirror/tutorial/small.zip']);
    expect(readdirSync(cache())).toEqual(['small']);
    expect(readFileSync(join(cache(), 'small/val/bees/4.jpeg'), 'utf8')).toBe('val/bees/4.jpeg');
    expect([...new Set(states)]).toEqual(['downloading', 'unpacking']);
    expect(await fetch()).toBe(datasetFolder(dataset, environment));
    expect(server.seen).toHaveLength(1);
  });

  test('is brought by one of several that want it at once (10 times)', async () => {
    server.respond = serve(zip);
    for (let round = 0; round < 10; round++) {
      const before = server.seen.length;
      await Promise.all([fetch(), fetch(), fetch()]);
      expect(server.seen.length - before).toBe(1);
      expect(readdirSync(cache())).toEqual(['small']);
      rmSync(cache(), { recursive: true });
    }
  });

  test('whose zip was put into the cache is taken from there, offline, and the zip stays', async () => {
    mkdirSync(cache(), { recursive: true });
    writeFileSync(join(cache(), 'small.zip'), zip);
    environment['TORCHWING_OFFLINE'] = '1';
    await fetch();
    expect(readdirSync(cache()).sort()).toEqual(['small', 'small.zip']);
    expect(server.seen).toEqual([]);
  });

  test('without a network: one message with the address and where to put the file', async () => {
    for (const [offline, code] of [
      ['1', 'DATASET_NOT_FOUND'],
      ['0', 'DOWNLOAD_FAILED'],
    ]) {
      environment['TORCHWING_OFFLINE'] = offline;
      const error = await rejection(fetch());
      expect(error.code).toBe(code);
      for (const part of [dataset.url, join(cache(), 'small.zip'), '--data DIR'])
        expect(error.hint).toContain(part);
    }
  });

  test.each([
    ['another image', zipOf([...members.slice(1), { name: `small/${images[0]}`, data: Buffer.from('?') }])],
    ['an image too few', zipOf(members.slice(1))],
    ['an image too many', zipOf([...members, { name: 'small/val/bees/5.jpg', data: Buffer.from('5') }])],
    ['another folder', zipOf([{ name: 'other/file.txt', data: Buffer.alloc(200, 'x') }])],
    ['no zip', Buffer.alloc(500, 'x')],
  ])('with %s is refused, and nothing is left', async (_, bytes) => {
    server.respond = serve(bytes);
    expect((await rejection(fetch())).code).toBe('DOWNLOAD_CORRUPT');
    expect(readdirSync(cache())).toEqual([]);
  });

  test('whose zip is hostile is refused, and nothing is left', async () => {
    server.respond = serve(zipOf([...members, { name: '../../escaped', data: Buffer.from('x') }]));
    expect((await rejection(fetch())).code).toBe('ARCHIVE_UNSAFE');
    expect(readdirSync(cache())).toEqual([]);
    expect(existsSync(join(cache(), '../escaped'))).toBe(false);
  });

  test('that was changed in the cache is refused, not replaced', async () => {
    server.respond = serve(zip);
    await fetch();
    writeFileSync(join(cache(), 'small/val/ants/mine.jpg'), 'mine');
    const error = await rejection(fetch());
    expect(error.code).toBe('DATASET_ALTERED');
    expect(error.message).toContain(join(cache(), 'small'));
    expect(readFileSync(join(cache(), 'small/val/ants/mine.jpg'), 'utf8')).toBe('mine');
  });

  test('an abort ends it and leaves no half folder', async () => {
    server.respond = serve(zip);
    const controller = new AbortController();
    const onProgress = ({ state }: DownloadProgress) => state === 'unpacking' && controller.abort('enough');
    await expect(fetch({ onProgress, signal: controller.signal })).rejects.toBe('enough');
    expect(existsSync(join(cache(), 'small'))).toBe(false);
    expect(existsSync(join(cache(), 'small.part'))).toBe(false);
  });
});
