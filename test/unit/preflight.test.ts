import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveConfig } from '../../lib/config/resolve';
import type { DataConfig } from '../../lib/config/types';
import { type CheckedImage, checkData } from '../../lib/data/check-data';
import { findDuplicates, NEAR_DISTANCE } from '../../lib/data/duplicates';
import { DEFAULT_LIMITS } from '../../lib/data/loader-defaults';
import { groupNearHashes } from '../../lib/data/near-hashes';
import { inspectData } from '../../lib/data/preflight';
import { stampOf, VerdictCache } from '../../lib/data/verdict-cache';
import type { NativeImageFacts } from '../../lib/native/types';
import { Trainer } from '../../lib/trainer/trainer';
import { FakeNative, goodImage } from './fake-native';
import { antsAndBees, rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockFake.load.onNativeWarning(listener),
}));

const dir = antsAndBees(4);
afterAll(removeTemporaryFolders);
beforeEach(() => {
  mockFake = new FakeNative();
});

const bad = (path: string): Partial<NativeImageFacts> => ({
  verdict: 'truncated',
  code: 'IMAGE_DECODE',
  message: `Cannot decode image "${path}": the file is truncated.`,
  sha256: '',
  perceptualHash: null,
});

describe('groups of near hashes', () => {
  const zero = '0'.repeat(16);

  test('join what differs in at most the distance, in any of the bits, and nothing that differs in more', () => {
    for (let bit = 0; bit < 64; bit++) {
      const flipped = (1n << BigInt(bit)).toString(16).padStart(16, '0');
      expect(groupNearHashes([zero, flipped], 1)).toEqual([[0, 1]]);
      expect(groupNearHashes([zero, flipped], 0)).toEqual([]);
    }
    expect(groupNearHashes([zero, '0000000f00000003'], 6)).toEqual([[0, 1]]);
    expect(groupNearHashes([zero, '8000000f00000003'], 6)).toEqual([]);
  });

  test('are the same as by comparing all with all', () => {
    // xorshift64*: clusters of hashes a few bits apart, among random ones.
    let state = 88172645463325252n;
    const random = () => {
      state ^= (state << 13n) & 0xffffffffffffffffn;
      state ^= state >> 7n;
      state ^= (state << 17n) & 0xffffffffffffffffn;
      return state;
    };
    const values = Array.from({ length: 40 }, random).flatMap((value) => [
      value,
      value ^ (1n << (random() % 64n)) ^ (1n << (random() % 64n)),
      value ^ (random() & random() & random() & random()),
    ]);
    const different = [...new Set(values)];
    const ones = (value: bigint) => value.toString(2).replaceAll('0', '').length;
    const near = (left: number, right: number) =>
      ones((different[left] ?? 0n) ^ (different[right] ?? 0n)) <= NEAR_DISTANCE;
    const expected: number[][] = [];
    const seen = new Set<number>();
    for (const start of different.keys()) {
      if (seen.has(start)) continue;
      const group = [start];
      seen.add(start);
      for (const member of group) {
        for (const other of different.keys()) {
          if (!seen.has(other) && near(member, other)) {
            seen.add(other);
            group.push(other);
          }
        }
      }
      if (group.length > 1) expected.push(group.sort((left, right) => left - right));
    }
    expect(expected.length).toBeGreaterThan(30);
    const hashes = different.map((value) => value.toString(16).padStart(16, '0'));
    expect(groupNearHashes(hashes, NEAR_DISTANCE)).toEqual(expected);
  });
});

describe('duplicates', () => {
  const image = (
    phase: 'train' | 'val',
    path: string,
    facts: Partial<NativeImageFacts> = {},
  ): CheckedImage => ({
    phase,
    path,
    relativePath: path,
    className: path.slice(0, 1),
    label: 0,
    facts: { ...goodImage(path), ...facts },
  });

  test('are exact by content and near by hash; across phases they are leaks', () => {
    const same = { sha256: 'same', perceptualHash: '00000000ffffffff' };
    const groups = findDuplicates([
      image('train', 'a1', same),
      image('train', 'b1', same),
      image('train', 'a2'),
      image('val', 'a3', { perceptualHash: '00000000fffffffe' }),
      image('val', 'a4', { ...same, verdict: 'truncated' }),
    ]);
    expect(groups).toMatchObject([
      { kind: 'exact', leak: false, classesDiffer: true, files: [{ path: 'a1' }, { path: 'b1' }] },
      { kind: 'near', leak: true, files: [{ path: 'a1' }, { path: 'b1' }, { path: 'a3', phase: 'val' }] },
    ]);
  });

  test('are not made of one file that a list names twice, but of one that is in both phases', () => {
    expect(findDuplicates([image('train', 'a1'), image('train', 'a1')])).toEqual([]);
    expect(findDuplicates([image('train', 'a1'), image('val', 'a1')])).toMatchObject([
      { kind: 'exact', leak: true },
    ]);
  });

  test('are not made of even images, which have no perceptual hash', () => {
    const even = { perceptualHash: null };
    expect(findDuplicates([image('train', 'a1', even), image('val', 'a2', even)])).toEqual([]);
  });
});

describe('the verdict cache', () => {
  test('knows a file that was replaced by one of its size and time', async () => {
    const path = join(temporaryFolder(), 'a.jpg');
    writeFileSync(path, 'one');
    utimesSync(path, 1, 1);
    const before = await stampOf(path);
    // The clock of the file system may stand for some milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(path, 'two');
    utimesSync(path, 1, 1);
    const cache = new VerdictCache(temporaryFolder(), 'set', 'terms');
    if (before === null) throw new Error('There is no file.');
    await cache.write(new Map([[path, { stamp: before, facts: goodImage(path) }]]));
    await cache.read();
    expect(cache.get(path, before)).not.toBeNull();
    expect(cache.get(path, (await stampOf(path)) ?? before)).toBeNull();
  });

  const stamp = { size: '10', modified: '20' };
  const facts = goodImage('a.jpg');

  async function written(known = facts): Promise<string> {
    const folder = temporaryFolder();
    await new VerdictCache(folder, 'set', 'terms').write(new Map([['a.jpg', { stamp, facts: known }]]));
    return folder;
  }
  async function read(folder: string, terms = 'terms', dataSet = 'set'): Promise<VerdictCache> {
    const cache = new VerdictCache(folder, dataSet, terms);
    await cache.read();
    return cache;
  }

  test('gives back what was written for the same path, size and time', async () => {
    const cache = await read(await written());
    expect(cache.get('a.jpg', stamp)).toEqual(facts);
    expect(cache.get('b.jpg', stamp)).toBeNull();
    expect(cache.get('constructor', stamp)).toBeNull();
    expect(cache.get('a.jpg', { ...stamp, size: '11' })).toBeNull();
    expect(cache.get('a.jpg', { ...stamp, modified: '21' })).toBeNull();
  });

  test('knows nothing under other terms, of another data set, or of what the system refused', async () => {
    const folder = await written();
    expect((await read(folder, 'others')).get('a.jpg', stamp)).toBeNull();
    expect((await read(folder, 'terms', 'another')).get('a.jpg', stamp)).toBeNull();
    const refused = await written({ ...facts, verdict: 'unreadable', code: 'IMAGE_READ' });
    expect((await read(refused)).get('a.jpg', stamp)).toBeNull();
  });

  test.each([
    '',
    '{"terms":',
    '[]',
    'null',
    '{"terms":"[1,\\"terms\\"]","entries":{"a.jpg":["10","20",null]}}',
  ])('takes a file that holds %s for none', async (text) => {
    const folder = await written();
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), text);
    expect((await read(folder)).get('a.jpg', stamp)).toBeNull();
  });

  test('keeps the 32 data sets that were written last, and needs no folder that can be written', async () => {
    const folder = temporaryFolder();
    const seen = new Set<string>();
    for (let at = 0; at < 35; at++) {
      await new VerdictCache(folder, `set ${at}`, 'terms').write(new Map([['a.jpg', { stamp, facts }]]));
      const names = readdirSync(folder).filter((name) => !seen.has(name));
      // A second apart, whatever the clock's grain, and all in the past.
      for (const name of names) utimesSync(join(folder, name), 1000 + at, 1000 + at);
      for (const name of names) seen.add(name);
    }
    expect(readdirSync(folder)).toHaveLength(32);
    expect((await read(folder, 'terms', 'set 34')).get('a.jpg', stamp)).toEqual(facts);
    expect((await read(folder, 'terms', 'set 0')).get('a.jpg', stamp)).toBeNull();
    writeFileSync(join(folder, 'file'), '');
    await new VerdictCache(join(folder, 'file'), 'set', 'terms').write(new Map());
  });
});

describe('a check', () => {
  async function check(cache: string | null) {
    const data = await inspectData(resolveConfig({ data: { dir } }));
    const phases = [
      { phase: 'train' as const, source: data.train },
      { phase: 'val' as const, source: data.val },
    ];
    return checkData(phases, { limits: DEFAULT_LIMITS, workers: 2, cache });
  }

  test('inspects again only what has changed', async () => {
    const cache = temporaryFolder();
    await check(cache);
    expect((await check(cache)).fromCache).toBe(16);
    utimesSync(join(dir, 'val', 'bees', '003.jpg'), 1, 1);
    expect((await check(cache)).fromCache).toBe(15);
    expect((await check(null)).fromCache).toBe(0);
    expect(mockFake.calls).toEqual(['inspect 16', 'inspect 1', 'inspect 16']);
  });

  test('ends with the signal’s reason, and keeps no verdict then', async () => {
    const cache = temporaryFolder();
    const { train } = await inspectData(resolveConfig({ data: { dir } }));
    const controller = new AbortController();
    mockFake.facts = () => {
      controller.abort(new Error('enough'));
      return {};
    };
    const { signal } = controller;
    const phases = [{ phase: 'train' as const, source: train }];
    const checking = checkData(phases, { limits: DEFAULT_LIMITS, workers: 2, cache, signal });
    expect(await rejection(checking)).toMatchObject({ message: 'enough' });
    expect(readdirSync(cache)).toEqual([]);
    expect(mockFake.live).toBe(0);
  });

  test('has a content hash that changes with one file’s bytes, and leaves bad files out', async () => {
    const { contentSha256 } = await check(null);
    expect((await check(null)).contentSha256).toBe(contentSha256);
    mockFake.facts = (path) => (path.endsWith('val/bees/000.jpg') ? { sha256: 'other' } : {});
    const changed = (await check(null)).contentSha256;
    mockFake.facts = (path) => (path.endsWith('val/bees/000.jpg') ? bad(path) : {});
    const without = (await check(null)).contentSha256;
    expect(new Set([contentSha256, changed, without]).size).toBe(3);
  });
});

describe('a run', () => {
  function trainer(data: Partial<DataConfig> = {}): Trainer {
    return new Trainer({ data: { dir, ...data } as DataConfig, model: { weights: null }, epochs: 1 });
  }
  const trainSamples = () => mockFake.loaders[0]?.samples.map(({ path }) => path.slice(dir.length + 7));
  const spoil = (...names: string[]) => {
    mockFake.facts = (path) => (names.some((name) => path.endsWith(name)) ? bad(path) : {});
  };

  test('is refused for bad images before anything is trained, with the first three named', async () => {
    spoil('ants/000.jpg', 'bees/001.jpg');
    const error = await rejection(trainer().fit());
    expect(error.code).toBe('IMAGE_DECODE');
    expect(error.message).toMatch(/^4 images cannot be used: .*train\/ants\/000.jpg.*; and 1 more\.$/);
    expect(mockFake.calls).toEqual(['inspect 16']);
    expect(mockFake.live).toBe(0);
  });

  test('leaves bad images out under skip, and refuses a class that has no other', async () => {
    spoil('train/ants/001.jpg', 'train/ants/003.jpg');
    const codes: string[] = [];
    await trainer({ onBadImage: 'skip' }).fit({ onWarning: ({ code }) => void codes.push(code) });
    expect(codes).toEqual(['IMAGES_SKIPPED']);
    expect(trainSamples()).toEqual(
      ['ants/000', 'ants/002', 'bees/000', 'bees/001', 'bees/002', 'bees/003'].map((name) => `${name}.jpg`),
    );
    mockFake = new FakeNative();
    spoil('000.jpg', '001.jpg', '002.jpg', '003.jpg');
    expect(await rejection(trainer({ onBadImage: 'skip' }).fit())).toMatchObject({ code: 'DATASET_EMPTY' });
  });

  test('puts the next good image of the class in a bad one’s place under replace, around the end', async () => {
    spoil('train/ants/001.jpg', 'train/ants/002.jpg', 'train/bees/003.jpg');
    await trainer({ onBadImage: 'replace' }).fit();
    expect(trainSamples()).toEqual(
      ['ants/000', 'ants/003', 'ants/003', 'ants/003', 'bees/000', 'bees/001', 'bees/002', 'bees/000'].map(
        (name) => `${name}.jpg`,
      ),
    );
    expect(mockFake.loaders[0]?.skipBadImages).toBe(true);
  });

  test('refuses a last batch of one that skipping would make', async () => {
    spoil('train/ants/001.jpg', 'train/ants/002.jpg', 'train/bees/003.jpg');
    const error = await rejection(trainer({ onBadImage: 'skip' }).fit());
    expect(error.code).toBe('LAST_BATCH_OF_ONE');
    expect(error.message).toContain('5 training images');
  });

  test('reads nothing beforehand without preflight, which replace needs', async () => {
    await trainer({ preflight: false }).fit();
    expect(mockFake.calls.filter((call) => call.startsWith('inspect'))).toEqual([]);
    expect(() => trainer({ preflight: false, onBadImage: 'replace' })).toThrow('"data.preflight"');
  });

  test('tells how far preflight is, and rejects with what its listener throws', async () => {
    const told: unknown[] = [];
    await trainer().fit({ onPreflight: (progress) => void told.push(progress) });
    expect(told).toEqual([{ done: 0, total: 16 }]);
    mockFake = new FakeNative();
    const refusing = trainer().fit({
      onPreflight: () => {
        throw new Error('no');
      },
    });
    expect(await rejection(refusing)).toMatchObject({ message: 'no' });
    expect(mockFake.live).toBe(0);
  });

  test('keeps the content hash in the record of its weights', async () => {
    const trained = trainer();
    await trained.fit();
    await trained.save('x.pth');
    const record = JSON.parse(mockFake.saved[0]?.record ?? '');
    expect(record.dataContentSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(record.dataContentSha256).not.toBe(record.dataSha256);
  });
});
