/**
 * One epoch of 61 batches, step by step against what real torch printed (scripts/golden/long_runs.py): same start
 * weights, same images in the same order, through torchwing's own decoding, model and optimizer.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import {
  crossEntropy,
  IMAGENET,
  ImageLoader,
  type Layout,
  ResNet18,
  SGD,
  StateDict,
  transforms as T,
  Tensor,
} from '../../lib/index';

const SHARED = resolve(__dirname, '../../../shared');
const TRAIN = join(SHARED, 'data/hymenoptera_data/train');
const WEIGHTS = join(SHARED, 'data/resnet18_imagenet.pth');
const CLASSES = ['ants', 'bees'];

interface LongRun {
  mode: 'extractor' | 'finetune';
  dtype: 'float32' | 'float64';
  resize: number;
  crop: number;
  /** Relative; an entry holds from its step until the next one's. */
  tolerance: [firstStep: number, tolerance: number][];
  images: string[];
  losses: number[];
}

function readRun(name: string): LongRun {
  return JSON.parse(readFileSync(join(__dirname, `fixtures/long/${name}.json`), 'utf8'));
}

function openImages(run: LongRun): Promise<ImageLoader> {
  return ImageLoader.create({
    samples: run.images.map((path) => ({
      path: join(TRAIN, path),
      label: CLASSES.indexOf(path.split('/')[0] as string),
    })),
    transforms: [T.resize(run.resize), T.centerCrop(run.crop), T.toTensor(), T.normalize(IMAGENET)],
    batchSize: 4,
    shuffle: false,
  });
}

async function openModel(run: LongRun, layout: Layout): Promise<ResNet18> {
  const model = await ResNet18.create({ classes: 1000, layout, dtype: run.dtype });
  using weights = await StateDict.read(WEIGHTS);
  await model.loadStateDict(weights);
  await model.replaceHead(2, 0);
  await model.setTrainable(run.mode === 'extractor' ? 'head' : 'all');
  await model.train();
  return model;
}

async function inDtype(images: Tensor, dtype: LongRun['dtype']): Promise<Tensor> {
  if (dtype === 'float32') return images;
  using narrow = images;
  return Tensor.from(Float64Array.from((await narrow.data()) as Float32Array), narrow.shape, { dtype });
}

async function trainStep(model: ResNet18, optimizer: SGD, images: Tensor, labels: Tensor): Promise<number> {
  await optimizer.zeroGrad();
  using logits = await model.forward(images, { grad: true });
  using loss = await crossEntropy(logits, labels);
  await loss.backward();
  await optimizer.step();
  return loss.item();
}

/** Loss of every step. */
async function trainEpoch(run: LongRun, layout: Layout): Promise<number[]> {
  using loader = await openImages(run);
  using model = await openModel(run, layout);
  using optimizer = await SGD.create(model, { lr: 1e-3, momentum: 0.9 });
  const losses: number[] = [];
  for await (const batch of loader.epoch(0)) {
    using images = await inDtype(batch.images, run.dtype);
    using labels = batch.labels;
    losses.push(await trainStep(model, optimizer, images, labels));
  }
  return losses;
}

/** Steps whose loss is further from torch's than the run allows, in words. */
function stepsBeyondTolerance(run: LongRun, losses: number[]): string[] {
  return run.losses.flatMap((expected, step) => {
    const allowed = run.tolerance.filter(([first]) => first <= step).at(-1)?.[1] ?? 0;
    const received = losses[step] ?? Number.NaN;
    const difference = Math.abs(received - expected) / Math.abs(expected);
    return difference <= allowed
      ? []
      : [`step ${step}: ${received}, torch ${expected}, relative ${difference}`];
  });
}

describe('an epoch equals torch step by step', () => {
  beforeAll(() => {
    if (!existsSync(WEIGHTS)) throw new Error(`These tests need the shared data; "${WEIGHTS}" is not there.`);
  });

  for (const name of ['extractor-float32', 'finetune-float32', 'finetune-float64']) {
    for (const layout of ['strided', 'fast'] as const) {
      test(`${name}, layout ${layout}`, async () => {
        const run = readRun(name);
        const losses = await trainEpoch(run, layout);
        expect(losses).toHaveLength(61);
        expect(stepsBeyondTolerance(run, losses)).toEqual([]);
      }, 600_000);
    }
  }
});
