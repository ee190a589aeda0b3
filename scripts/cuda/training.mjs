/** Runs of the Trainer for the checks, on photos that are there or drawn, and what they came to. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const { StateDict, Trainer, weightsSha256 } = require('../../dist/index.js');
const { writeInsects } = require('../../dist/demo/write-insects.js');

/** The smallest of everything, for the dry run. */
export const imageSize = ({ dry }) => (dry ? 32 : 224);

/** The folder of photos that the checks train on. */
export async function photosOf(context) {
  if (context.data !== null) return context.data;
  const folder = path.join(context.place, 'photos');
  const perClass = context.dry ? { train: 6, val: 3 } : { train: 60, val: 30 };
  await writeInsects(folder, { seed: 1, size: context.dry ? 48 : 256, perClass });
  return folder;
}

/** The photos of one phase as a list of exactly `count`, from the start again where there are fewer; classes in turn. */
export function listOf(folder, phase, count) {
  const classes = readdirSync(path.join(folder, phase)).sort();
  const files = classes.map((label) => readdirSync(path.join(folder, phase, label)).sort());
  return Array.from({ length: count }, (_, i) => {
    const label = i % classes.length;
    const names = files[label];
    const name = names[Math.floor(i / classes.length) % names.length];
    return { path: path.join(folder, phase, classes[label], name), label: classes[label] };
  });
}

/**
 * Trains on `images` photos. `config` goes over the configuration.
 * @returns `{ phases, seconds, file, sha256 }`: the phaseEnd events, and the last weights
 */
export async function train(context, { images, batch = 4, epochs = 1, mode = 'finetune', ...config }) {
  const folder = await photosOf(context);
  const output = mkdtempSync(path.join(context.place, 'run-'));
  const trainer = new Trainer({
    mode,
    data: {
      train: { list: listOf(folder, 'train', images) },
      val: { list: listOf(folder, 'val', Math.min(images, 8)) },
      batchSize: batch,
      imageSize: imageSize(context),
      preflight: false,
      ...(context.dry ? { workers: 1 } : {}),
    },
    model: { weights: context.weights === null ? null : { file: context.weights }, ...config.model },
    device: context.device,
    epochs,
    seed: 1,
    output,
    overwrite: true,
    ...without(config, 'model'),
  });
  const phases = [];
  const begin = performance.now();
  for await (const event of trainer.stream()) if (event.type === 'phaseEnd') phases.push(event);
  const file = path.join(output, 'last.pth');
  const state = await StateDict.read(file);
  const sha256 = await weightsSha256(state);
  state.dispose();
  trainer.dispose?.();
  return { phases, seconds: (performance.now() - begin) / 1000, file, sha256 };
}

const without = ({ [`model`]: _model, ...rest }) => rest;

/** How far `y` is from `x`, relative to `x`, or to `least` where that is larger. */
export function relativeDistance(x, y, least = Number.MIN_VALUE) {
  let apart = 0;
  let norm = 0;
  for (let i = 0; i < x.length; ++i) {
    apart += (Number(x[i]) - Number(y[i])) ** 2;
    norm += Number(x[i]) ** 2;
  }
  return Math.sqrt(apart) / Math.max(Math.sqrt(norm), least);
}

/** The tensors of two weight files held against each other: the largest relative distance, and of which tensor. */
export async function distance(fileA, fileB) {
  const [a, b] = [await StateDict.read(fileA), await StateDict.read(fileB)];
  let worst = { name: 'none', relative: 0 };
  for (const { name } of a.entries) {
    // Tensors that are all but zero, such as a fresh bias, are held against 1.
    const relative = relativeDistance(await values(a, name), await values(b, name), 1);
    if (!(relative <= worst.relative)) worst = { name, relative };
  }
  a.dispose();
  b.dispose();
  return worst;
}

async function values(state, name) {
  const tensor = await state.tensor(name);
  const data = await tensor.data();
  tensor.dispose();
  return data;
}

/** Why an option of the configuration cannot be tried; null when it can. */
export function missingOption(key, value) {
  const { resolveConfig } = require('../../dist/index.js');
  try {
    resolveConfig({ data: { dir: '.' }, [key]: value });
    return null;
  } catch (error) {
    return error.message;
  }
}

export const percent = (share) => `${(100 * share).toFixed(1)} %`;
export const scientific = (number) => (number === 0 ? '0' : number.toExponential(1));
export const trainPhases = ({ phases }) => phases.filter(({ phase }) => phase === 'train');
export const valPhases = ({ phases }) => phases.filter(({ phase }) => phase === 'val');
