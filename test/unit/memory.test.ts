import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resolveConfig } from '../../lib/config/resolve';
import type { TrainerConfig } from '../../lib/config/types';
import { resnetSizes } from '../../lib/model/resnet-sizes';
import { fromNative, type TorchwingError } from '../../lib/native/errors';
import { memoryRoom } from '../../lib/native/memory-room';
import { withRoom } from '../../lib/native/out-of-memory';
import type { MemoryDetails } from '../../lib/native/types';
import { checkMemory } from '../../lib/trainer/memory-check';
import { estimateMemory } from '../../lib/trainer/memory-estimate';
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder';

afterAll(removeTemporaryFolders);

const GiB = 2 ** 30;
const MEMINFO = `MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\nSwapFree:              0 kB\n`;

/** A folder with the given files, by path. */
function tree(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe('the room for a run', () => {
  const UNIFIED = { 'proc/meminfo': MEMINFO, 'proc/self/cgroup': '0::/user/job\n' };

  test('is what the machine has available where no group limits it', () => {
    const files = { ...UNIFIED, 'sys/fs/cgroup/user/job/memory.max': 'max\n' };
    expect(memoryRoom(tree(files))).toEqual({
      bytes: 8 * GiB,
      limit: "the machine's memory",
      of: 16 * GiB,
    });
  });

  test('is what the tightest group on the path leaves, less its use and plus the files that it can drop', () => {
    const root = tree({
      ...UNIFIED,
      'sys/fs/cgroup/user/memory.max': `${2 * GiB}\n`,
      'sys/fs/cgroup/user/memory.current': `${GiB}\n`,
      'sys/fs/cgroup/user/memory.stat': `anon 5\ninactive_file ${GiB / 4}\nactive_file 3\n`,
      'sys/fs/cgroup/user/job/memory.max': `${4 * GiB}\n`,
      'sys/fs/cgroup/user/job/memory.current': `${GiB}\n`,
    });
    expect(memoryRoom(root)).toEqual({
      bytes: 1.25 * GiB,
      limit: join(root, 'sys/fs/cgroup/user/memory.max'),
      of: 2 * GiB,
    });
  });

  test('counts swap, as far as the group may use it', () => {
    const swapping = MEMINFO.replace('SwapFree:              0', 'SwapFree:              1048576');
    const files = {
      'proc/meminfo': swapping,
      'proc/self/cgroup': '0::/job\n',
      'sys/fs/cgroup/job/memory.max': `${2 * GiB}\n`,
      'sys/fs/cgroup/job/memory.current': '0\n',
    };
    expect(memoryRoom(tree(files))?.bytes).toBe(3 * GiB);
    expect(memoryRoom(tree({ ...files, 'sys/fs/cgroup/job/memory.swap.max': '0\n' }))?.bytes).toBe(2 * GiB);
  });

  test('is read in a container, whose own group is the root', () => {
    const root = tree({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '0::/../elsewhere\n',
      'sys/fs/cgroup/memory.max': `${GiB}\n`,
      'sys/fs/cgroup/memory.current': '0\n',
    });
    expect(memoryRoom(root)?.bytes).toBe(GiB);
  });

  test('is read of version 1, whose groups without a limit have a huge one', () => {
    const cgroup = '12:cpu,cpuacct:/a\n5:memory:/docker/abc\n';
    const folder = 'sys/fs/cgroup/memory/docker/abc';
    const files = {
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': cgroup,
      [`${folder}/memory.limit_in_bytes`]: `${3 * GiB}\n`,
      [`${folder}/memory.usage_in_bytes`]: `${GiB}\n`,
      [`${folder}/memory.stat`]: `cache 1\ntotal_inactive_file ${GiB / 2}\n`,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    };
    expect(memoryRoom(tree(files))?.bytes).toBe(2.5 * GiB);
    files[`${folder}/memory.limit_in_bytes`] = '9223372036854771712\n';
    expect(memoryRoom(tree(files))?.bytes).toBe(8 * GiB);
  });

  test('is not known where nothing says it', () => {
    expect(memoryRoom(temporaryFolder())).toBeNull();
  });
});

test.each([
  ['resnet18', 11_689_512],
  ['resnet34', 21_797_672],
  ['resnet50', 25_557_032],
  ['resnet101', 44_549_160],
  ['resnet152', 60_192_808],
] as const)("%s has torchvision's number of parameters", (arch, parameters) => {
  expect(resnetSizes(arch, 1000, [224, 224]).parameters).toBe(parameters);
});

test("ResNet-18's activations of an image of 224 x 224 pixels", () => {
  const { activations, largestActivation, pooled } = resnetSizes('resnet18', 2, [224, 224]);
  expect({ largestActivation, pooled }).toEqual({ largestActivation: 64 * 112 ** 2, pooled: 64 * 56 ** 2 });
  // Stem; layer1: four; layer2 to layer4: four and one on the shortcut.
  expect(activations).toBe(
    64 * 112 ** 2 + 4 * 64 * 56 ** 2 + 5 * (128 * 28 ** 2 + 256 * 14 ** 2 + 512 * 7 ** 2),
  );
});

function configOf(more: Omit<Partial<TrainerConfig>, 'data'> & { data?: object } = {}) {
  const data = { dir: '/photos', workers: 2, batchSize: 64, ...more.data };
  return resolveConfig({ device: 'cpu', ...more, data });
}

const PHASE = { images: Array.from({ length: 1000 }, () => ({ path: '', label: 0 })) };
const DATA = { classes: ['a', 'b'], train: PHASE, val: PHASE } as unknown as Parameters<
  typeof checkMemory
>[1];

describe('the estimate', () => {
  const of = (more?: Parameters<typeof configOf>[0]) =>
    estimateMemory(configOf(more), 2, { train: 1000, val: 1000 });

  test('grows with the batch, and with autoBatch only in what the loaders keep', () => {
    const [small, large] = [of({ data: { batchSize: 8 } }), of({ data: { batchSize: 64 } })];
    expect(large.activations).toBe(8 * small.activations);
    expect(of({ autoBatch: true }).activations).toBe(small.activations / 4);
    expect(of({ autoBatch: true }).loaders).toBe(large.loaders);
  });

  test('of the head alone needs neither its graph nor momentum for the backbone', () => {
    const extractor = of({ mode: 'extractor' });
    expect(extractor.activations).toBeLessThan(of().activations / 2);
    expect(extractor.weights).toBeLessThan(0.6 * of().weights);
  });

  test('on CUDA leaves out what is on the device', () => {
    expect(of({ device: 'cuda' })).toMatchObject({ activations: 0, loaders: of().loaders });
  });
});

describe('memory that ran out', () => {
  const details: MemoryDetails = {
    device: 'cpu',
    asked: 16 * 2 ** 20,
    free: null,
    total: null,
    batchSize: 16,
    microBatch: 8,
  };
  const room = { bytes: 7.5 * GiB, limit: "the machine's memory", of: 16 * GiB };
  const message = 'Memory ran out: 16.00 MiB were asked for.';

  test('of the CPU is told with what the machine or a group leaves', () => {
    expect(withRoom({ message, details }, () => room)).toEqual({
      message:
        "Memory ran out: 16.00 MiB were asked for. That given up, the machine's memory (16.00 GiB) leaves 7.50 GiB.",
      details: { ...details, free: 7.5 * GiB, total: 16 * GiB },
    });
    expect(withRoom({ message, details }, () => ({ ...room, bytes: -1 })).details.free).toBe(0);
  });

  test('stays as the addon tells it where nothing is known, and of a device', () => {
    expect(withRoom({ message, details }, () => null)).toEqual({ message, details });
    const ofDevice = { ...details, device: 'cuda:0', free: 5 * 2 ** 20, total: 79 * GiB };
    expect(withRoom({ message, details: ofDevice }, () => room)).toEqual({ message, details: ofDevice });
  });

  test('is an error with the details', () => {
    const device = { ...details, device: 'cuda:0', free: 5, total: 6 };
    const native = { code: 'OUT_OF_MEMORY', message, hint: 'Less.', details: device };
    expect(fromNative(native)).toMatchObject({
      code: 'OUT_OF_MEMORY',
      message,
      hint: 'Less.',
      details: device,
    });
    expect((fromNative({ code: 'NATIVE', message }) as TorchwingError).details).toBeUndefined();
  });
});

describe('a run that does not fit', () => {
  const room = (bytes: number) => ({ bytes, limit: '/sys/fs/cgroup/memory.max', of: 2 * GiB });
  const warnings: unknown[] = [];
  const check = (bytes: number, more?: Parameters<typeof configOf>[0]) =>
    checkMemory(configOf(more), DATA, (warning) => warnings.push(warning), room(bytes));
  beforeEach(() => warnings.splice(0));

  test('is refused with estimate, limit and hint', () => {
    expect(() => check(GiB)).toThrow(
      expect.objectContaining({
        code: 'OUT_OF_MEMORY',
        message: expect.stringMatching(
          /^The run needs at least \d+ MB more memory \(weights and optimizer \d+ MB, activations at batch size 64 \d+ MB, loaders \d+ MB\), and \/sys\/fs\/cgroup\/memory\.max \(2147 MB\) leaves 1074 MB\.$/,
        ),
        hint: expect.stringContaining('--batch-size'),
        details: {
          device: 'cpu',
          asked: estimateMemory(configOf(), 2, { train: 1000, val: 1000 }).certain,
          free: GiB,
          total: 2 * GiB,
          batchSize: 64,
          microBatch: null,
        },
      }),
    );
  });

  test('goes on with a warning where only what is likely does not', () => {
    const { certain, likely } = estimateMemory(configOf(), 2, { train: 1000, val: 1000 });
    check((certain + likely) / 2);
    expect(warnings).toEqual([expect.objectContaining({ code: 'MEMORY_TIGHT' })]);
  });

  test('says nothing where all of it fits, or no limit is known', () => {
    check(8 * GiB);
    checkMemory(configOf(), DATA, (warning) => warnings.push(warning), null);
    expect(warnings).toEqual([]);
  });
});
