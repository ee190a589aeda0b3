/** What the soak trains, and what each of it has to end with however often it was interrupted. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Predictor, StateDict, Trainer, weightsSha256 } from './torchwing.mjs';

const require = createRequire(import.meta.url);
const { CLOCKED } = require('../../test/clocked-fields.cjs');

const SIZE = 32;

/** Small enough for a run in a second or two, and each with a part of the trainer that the others leave out. */
export function recipesOn(data) {
  const base = {
    data: { dir: data, imageSize: SIZE, batchSize: 4 },
    model: { weights: null },
    optimizer: { lr: 0.01 },
    scheduler: { stepSize: 2 },
    epochs: 4,
    device: 'cpu',
    // One thread: LibTorch's number of threads is the process's, and so is the promise of equal bits.
    threads: 1,
    checkpoint: { everySteps: 2, everyEpochs: 1 },
  };
  return {
    finetune: { ...base, mode: 'finetune' },
    extractor: { ...base, mode: 'extractor', data: { ...base.data, cache: { decoded: '8MB' } } },
    mixed: {
      ...base,
      mode: 'finetune',
      seed: 7,
      data: { ...base.data, mix: { mixupAlpha: 0.2, cutmixAlpha: 1 } },
      loss: { labelSmoothing: 0.1 },
      checkpoint: { everySteps: 5, keepLast: 1 },
    },
  };
}

/** Each run has its own, besides. */
const NOT_COMPARED = [...CLOCKED, 'runId'];

async function shaOf(file) {
  const state = await StateDict.read(file);
  try {
    return await weightsSha256(state);
  } finally {
    state.dispose();
  }
}

/** Everything about a finished run that no interruption may change. */
export async function outcomeOf(folder) {
  const rows = readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const figures = rows
    .map((row) => JSON.parse(row, (key, value) => (NOT_COMPARED.includes(key) ? undefined : value)))
    .filter(({ type }) => type === 'phaseEnd' || type === 'epochEnd');
  return {
    best: await shaOf(path.join(folder, 'best.pth')),
    last: await shaOf(path.join(folder, 'last.pth')),
    figures: createHash('sha256').update(JSON.stringify(figures)).digest('hex'),
  };
}

/** Runs each recipe without an interruption: its outcome, and what its best weights say of every image. */
export async function makeReferences(recipes, place, images) {
  const references = {};
  for (const [name, recipe] of Object.entries(recipes)) {
    const output = path.join(place, `reference-${name}`);
    const trainer = new Trainer({ ...recipe, output, data: { ...recipe.data, workers: 2 } });
    await trainer.fit();
    trainer.dispose();
    const weights = path.join(output, 'best.pth');
    const predictor = await Predictor.load(weights, { threads: 1, workers: 1 });
    const predictions = await predictor.predict(images);
    predictor.dispose();
    references[name] = {
      outcome: await outcomeOf(output),
      weights,
      predictions: new Map(images.map((image, at) => [image, predictions[at]])),
    };
  }
  return references;
}
