/**
 * Every image of a folder through the training and the validation pipeline, here and in torchvision, byte for byte:
 *
 *   npm run parity:pixels -- DIR         `PYTHON` names an interpreter with scripts/requirements.txt; needs a build
 *
 * Prints how many images differ and by how much at most, and ends with 1 when any does. torchvision's side makes the random
 * draws itself, from the generator that docs/data.md describes, and its own crop, resize and flip of them.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { reportFailure, run, StepFailure } from '../setup/run.mjs';

const require = createRequire(import.meta.url);
const SEED = 7;
const IMAGE = /\.(jpe?g|png|ppm|bmp|pgm|tiff?|webp)$/i;

function imagesBelow(folder) {
  let names;
  try {
    names = readdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StepFailure(
      `The folder "${folder}" cannot be read (${error.code}), so nothing was compared.`,
      3,
    );
  }
  const files = names.filter((name) => IMAGE.test(name)).map((name) => path.join(folder, name));
  const found = files.filter((file) => statSync(file).isFile()).sort();
  if (found.length === 0)
    throw new StepFailure(`The folder "${folder}" holds no image, so nothing was compared.`, 3);
  return found;
}

/** The two pipelines up to bytes: their tails are one table, which test/parity/pixels.test.ts has all of. */
function pipelines(T) {
  return {
    train: [T.randomResizedCrop(224), T.randomHorizontalFlip(), T.toTensor()],
    val: [T.resize(256), T.centerCrop(224), T.toTensor()],
  };
}

/** float32 [N, 3, H, W] of v / 255 back to bytes. */
function toBytes(values) {
  return Uint8Array.from(values, (value) => Math.round(value * 255));
}

/** Appends each image as bytes [3, 224, 224], in order. */
async function writePixels(file, images, transforms, ImageLoader) {
  const loader = await ImageLoader.create({
    samples: images.map((image) => ({ path: image, label: 0 })),
    transforms,
    batchSize: 16,
    workers: availableParallelism(),
    shuffle: false,
    seed: SEED,
  });
  const target = openSync(file, 'w');
  try {
    for await (const batch of loader.epoch(0)) {
      writeSync(target, toBytes(await batch.images.data()));
      batch.images.dispose();
      batch.labels.dispose();
    }
  } finally {
    closeSync(target);
    loader.dispose();
  }
}

async function compare(folder) {
  const images = imagesBelow(folder);
  run(process.execPath, ['scripts/build-ts.mjs'], { quiet: true });
  const { ImageLoader, transforms } = require('../../dist/index.js');
  const place = mkdtempSync(path.join(tmpdir(), 'torchwing-pixels-'));
  try {
    writeFileSync(path.join(place, 'images.json'), JSON.stringify({ seed: SEED, images }));
    for (const [phase, list] of Object.entries(pipelines(transforms)))
      await writePixels(path.join(place, phase), images, list, ImageLoader);
    const python = process.env.PYTHON ?? 'python3';
    const { status, error } = spawnSync(python, ['scripts/parity/compare_pixels.py', place], {
      stdio: 'inherit',
    });
    if (error) throw new StepFailure(`${python} could not be started: ${error.message}`);
    process.exitCode = status ?? 1;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

try {
  const [folder, ...more] = process.argv.slice(2);
  if (folder === undefined || more.length > 0)
    throw new StepFailure('Usage: npm run parity:pixels -- DIR', 2);
  await compare(folder);
} catch (error) {
  reportFailure(error);
}
