import { rmSync } from 'node:fs';
import { resolveConfig } from '../../lib/config/resolve';
import type { TrainerConfig } from '../../lib/config/types';
import { estimateMemory } from '../../lib/trainer/memory-estimate';
import { runProgram } from './child';
import { drawPhotos } from './draw-photos';

const IMAGES = { train: 64, val: 8 };
let data = '';
beforeAll(() => {
  data = drawPhotos({ train: IMAGES.train / 2, val: IMAGES.val / 2 });
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

type Variant = Pick<TrainerConfig, 'mode' | 'model'> & { batchSize: number; imageSize: number };

test.each<Variant>([
  { mode: 'finetune', batchSize: 4, imageSize: 112 },
  { mode: 'finetune', batchSize: 32, imageSize: 112 },
  { mode: 'finetune', batchSize: 16, imageSize: 112, model: { layout: 'strided' } },
  { mode: 'finetune', batchSize: 8, imageSize: 112, model: { arch: 'resnet50' } },
  { mode: 'extractor', batchSize: 32, imageSize: 112 },
])(
  'the estimate of $mode at $batchSize images is near the peak',
  async ({ mode, model, batchSize, imageSize }) => {
    const config: TrainerConfig = {
      mode: mode ?? 'finetune',
      data: { dir: data, imageSize, batchSize, workers: 2, preflight: false, dropLast: true },
      model: { weights: null, ...model },
      epochs: 1,
      device: 'cpu',
      threads: 2,
    };
    const { code, stdout, stderr } = await runProgram('peak-memory.cjs', [JSON.stringify(config)]);
    if (code !== 0) throw new Error(`peak-memory.cjs ended with ${code}: ${stderr}`);
    const peak = Number(stdout);
    const { certain, likely } = estimateMemory(resolveConfig(config), 2, IMAGES);
    // What is refused would not have fitted; the warning is near the truth.
    expect(certain).toBeLessThanOrEqual(peak);
    expect(likely).toBeGreaterThanOrEqual(0.9 * peak);
    expect(likely).toBeLessThanOrEqual(2 * peak);
  },
  300_000,
);
