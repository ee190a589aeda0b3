import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResNet, StateDict, weightsSha256 } from 'torchwing';
import { runProgram } from './child';
import { SHARED_DATA, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';

let place = '';
let data = '';
let best = '';
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-export-'));
  data = drawPhotos({ train: 32, val: 4 });
  const quick = ['--weights', 'none', '--epochs', '1', '--image-size', '64', '--batch-size', '16'];
  const { code, stderr } = await torchwing([
    'train',
    '--data',
    data,
    '--output',
    join(place, 'run'),
    ...quick,
  ]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  best = join(place, 'run', 'best.pth');
}, 120_000);
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

interface Compared {
  images: number;
  largestLogit: number;
  plain: number;
  folded: number;
  inFives: number;
}

let runs = 0;
async function compare(
  weights: string,
  images: string,
  order: 'onnxruntime' | 'torchwing',
): Promise<Compared> {
  runs += 1;
  const folder = join(place, `onnx-${runs}`);
  mkdirSync(folder);
  const ended = await runProgram('onnx-compare.cjs', [weights, images, folder, order]);
  rmSync(folder, { recursive: true });
  // A crash while both libraries are torn down would show here.
  expect(ended).toMatchObject({ code: 0, signal: null });
  return JSON.parse(ended.stdout);
}

function expectAlike({ plain, folded, inFives }: Compared, tolerance = 1e-4): void {
  for (const difference of [plain, folded, inFives]) expect(difference).toBeLessThanOrEqual(tolerance);
}

describe('ONNX in onnxruntime-node beside LibTorch', () => {
  // Three times each: what goes wrong between two libraries in one process may depend on where they are mapped.
  test.each(['onnxruntime', 'torchwing'] as const)(
    'gives the same logits on 32 drawn images, %s loaded first',
    async (order) => {
      for (let round = 0; round < 3; round++) {
        const compared = await compare(best, join(data, 'train', 'bees'), order);
        expect(compared.images).toBe(32);
        expectAlike(compared);
      }
    },
    120_000,
  );

  test('gives the same logits of 1,000 classes on 32 real photos', async () => {
    const weights = join(SHARED_DATA, 'resnet18_imagenet.pth');
    const photos = join(SHARED_DATA, 'hymenoptera_data', 'val', 'bees');
    for (const path of [weights, photos]) {
      if (!existsSync(path)) throw new Error(`This test needs the shared data; "${path}" is not there.`);
    }
    const compared = await compare(weights, photos, 'torchwing');
    process.stderr.write(`largest differences on 32 photos: ${JSON.stringify(compared)}\n`);
    expect(compared.images).toBe(32);
    expectAlike(compared);
  }, 120_000);

  test('holds for bottleneck blocks: ResNet-50', async () => {
    const model = await ResNet.create({ arch: 'resnet50', classes: 3, seed: 1 });
    const state = await model.stateDict();
    const file = join(place, 'resnet50.pth');
    await state.save(file, JSON.stringify(record('resnet50', ['a', 'b', 'c'], 64)));
    for (const handle of [state, model]) handle.dispose();
    const compared = await compare(file, join(data, 'train', 'ants'), 'torchwing');
    // New weights know no scale: the logits are large, and rounding with them.
    expectAlike(compared, 1e-5 * compared.largestLogit);
  }, 120_000);
});

function record(arch: string, classes: string[], size: number): object {
  const val = [{ type: 'centerCrop', size }, { type: 'toTensor' }];
  return { version: 1, arch, classes, transforms: { val }, layout: 'fast' };
}

describe('torchwing export', () => {
  test('writes beside the weights, says what it wrote, and keeps names and preprocessing inside', async () => {
    const { code, stdout } = await torchwing(['export', best, '--format', 'onnx']);
    expect(code).toBe(0);
    const file = join(place, 'run', 'best.onnx');
    expect(stdout).toContain(`${file}: onnx, 44.8 MB, 2 classes: ants, bees\n`);
    expect(stdout).toContain('images [N, 3, 64, 64] -> logits [N, 2]');
    const text = readFileSync(file).toString('latin1');
    for (const part of [
      'torchwing.json',
      '["ants","bees"]',
      '"type":"centerCrop","size":64',
      '"mode":"finetune"',
    ])
      expect(text).toContain(part);
    const again = await torchwing(['export', best, '--format', 'onnx']);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('error [OUTPUT_EXISTS]');
    expect((await torchwing(['export', best, '--format', 'onnx', '--overwrite'])).code).toBe(0);
  }, 60_000);

  test.each(['pth', 'safetensors'])('writes %s with the same tensors and the same record', async (format) => {
    const output = join(place, `copy.${format}`);
    const { code, stdout } = await torchwing(['export', best, '--output', output]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${output}: ${format}, `);
    const head = format === 'pth' ? 'PK' : '{"';
    expect(
      readFileSync(output)
        .subarray(format === 'pth' ? 0 : 8)
        .toString('latin1', 0, 2),
    ).toBe(head);
    const [from, to] = await Promise.all([StateDict.read(best), StateDict.read(output)]);
    expect(to.record).toBe(from.record);
    expect(await weightsSha256(to)).toBe(await weightsSha256(from));
    for (const state of [from, to]) state.dispose();
  });

  test('tensors of another model are refused for ONNX', async () => {
    const model = await ResNet.create({ arch: 'resnet18', classes: 2 });
    const state = await model.stateDict();
    const file = join(place, 'mislabelled.pth');
    await state.save(file, JSON.stringify(record('resnet34', ['a', 'b'], 64)));
    for (const handle of [state, model]) handle.dispose();
    const { code, stderr } = await torchwing(['export', file, '--output', join(place, 'never.onnx')]);
    expect(code).toBe(3);
    expect(stderr).toContain('error [WEIGHTS_MISMATCH]');
    expect(existsSync(join(place, 'never.onnx'))).toBe(false);
  });

  test('a folder that is not there is an error with the path', async () => {
    const output = join(place, 'none', 'x.onnx');
    const { code, stderr } = await torchwing(['export', best, '--output', output]);
    expect(code).toBe(2);
    expect(stderr).toContain('error [OUTPUT_WRITE]');
    expect(stderr).toContain(output);
  });
});
