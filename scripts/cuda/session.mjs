/** Training step by step on a session, for the checks that look at what one step does, not at what a run came to. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { imageSize, listOf, photosOf } from './training.mjs';

const require = createRequire(import.meta.url);
const {
  ImageLoader,
  IMAGENET,
  ResNet,
  SGD,
  StateDict,
  TrainingSession,
  transforms,
} = require('../../dist/index.js');

const CLASSES = 2;

/** As the tutorial's, and the rate of every check that opens a session. */
export const LR = 1e-3;

/** Pixels of one size, without anything drawn at random. */
const plainTransforms = (context) => [
  transforms.resize([imageSize(context), imageSize(context)]),
  transforms.toTensor(),
  transforms.normalize(IMAGENET),
];

/** A loader of `images` training photos. */
export async function openLoader(context, { images, batch = 4, ...options }) {
  const photos = listOf(await photosOf(context), 'train', images);
  const classes = [...new Set(photos.map(({ label }) => label))];
  return ImageLoader.create({
    samples: photos.map(({ path: file, label }) => ({ path: file, label: classes.indexOf(label) })),
    transforms: plainTransforms(context),
    batchSize: batch,
    workers: context.dry ? 1 : 4,
    seed: 1,
    ...options,
  });
}

/**
 * A model that is trained whole on the device of `context`, from the given weights or from random ones that are always
 * the same. `options` go to the session.
 * @returns the session; its `close()` frees model, optimizer and session
 */
export async function openSession(context, { precision = 'fp32', layout = 'fast', ...options } = {}) {
  const model = await ResNet.create({ arch: 'resnet18', classes: 1000, seed: 1, layout, precision });
  if (context.weights !== null) {
    const weights = await StateDict.read(context.weights);
    await model.loadStateDict(weights);
    weights.dispose();
  }
  await model.replaceHead(CLASSES, 1);
  await model.setTrainable('all');
  await model.to(context.device);
  const optimizer = await SGD.create(model, { lr: LR, momentum: 0.9 });
  const session = await TrainingSession.create({ model, optimizer, device: context.device, ...options });
  const close = () => {
    for (const handle of [session, optimizer, model]) handle.dispose();
  };
  return Object.assign(session, { close });
}

/** All tensors of a state by name, which is disposed: weights and buffers, momentum, the loss scale. */
export async function tensorsOf(state) {
  const tensors = new Map();
  for (const { name } of state.entries) {
    const tensor = await state.tensor(name);
    tensors.set(name, await tensor.data());
    tensor.dispose();
  }
  state.dispose();
  return tensors;
}

/** The names of `tensors` that begin with `prefix` and are not the same bits in `others`. */
export function differing(tensors, others, prefix = '') {
  const bytes = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);
  return [...tensors.keys()].filter((name) => {
    const other = others.get(name);
    return name.startsWith(prefix) && (other === undefined || !bytes(tensors.get(name)).equals(bytes(other)));
  });
}

/** Puts numbers into the loss scaler of a session: `scale` and `growthTracker`. */
export async function setLossScale(session, context, { scale, growthTracker }) {
  const file = path.join(mkdtempSync(path.join(context.place, 'state-')), 'state.safetensors');
  const state = await session.state();
  await state.save(file);
  state.dispose();
  const bytes = readFileSync(file);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, begin));
  bytes.writeFloatLE(scale, begin + header['scaler.scale'].data_offsets[0]);
  bytes.writeInt32LE(growthTracker, begin + header['scaler.growth_tracker'].data_offsets[0]);
  writeFileSync(file, bytes);
  const changed = await StateDict.read(file);
  await session.loadState(changed);
  changed.dispose();
}
