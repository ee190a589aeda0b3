// Uses what the addon offers, in every way to end of each object; scripts/test-sanitize.mjs runs it with sanitizers preloaded.
//   node --expose-gc sanitized-host.cjs FOLDER       prints what is done, and `done`
//   node sanitized-host.cjs ADDON BUG                plants a bug by native/planted's addon
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const [place, bug] = isMainThread ? process.argv.slice(2) : [workerData];
const library = () => require('../../../dist/index.js');

function config(rest = {}) {
  return {
    data: { dir: join(place, 'data'), imageSize: 32, batchSize: 4, workers: 2 },
    model: { weights: null },
    device: 'cpu',
    threads: 1,
    epochs: 2,
    ...rest,
  };
}

async function train() {
  const { Trainer, StateDict } = library();
  const output = join(place, 'run');
  const trainer = new Trainer(config({ output, checkpoint: { everySteps: 2 } }));
  await trainer.fit({ onEpochEnd: () => trainer.saveTorchCheckpoint(join(place, 'torch.pth')) });
  await trainer.save(join(place, 'weights.safetensors'));
  await trainer.fit({ resume: 'auto' });
  trainer.dispose();
  (await StateDict.read(join(place, 'weights.safetensors'))).dispose();
}

async function predict() {
  const { Predictor } = library();
  const predictor = await Predictor.load(join(place, 'run', 'best.pth'), { threads: 1, workers: 2 });
  const image = join(place, 'data', 'val', 'ants', '0000.jpg');
  await predictor.predict([image, readFileSync(image)]);
  const refused = await predictor.predict([Buffer.from('no image')]).catch(({ code }) => code);
  if (refused !== 'IMAGE_DECODE') throw new Error(`expected IMAGE_DECODE, received ${refused}`);
  predictor.dispose();
}

async function interrupt() {
  const { Trainer } = library();
  const mixed = { mode: 'extractor', epochs: 1000 };
  const abort = new AbortController();
  const aborted = new Trainer(config(mixed));
  await aborted.fit({ signal: abort.signal, onProgress: () => abort.abort() }).catch(() => {});
  aborted.dispose();
  const disposed = new Trainer(config(mixed));
  await disposed.fit({ onProgress: () => disposed.dispose() }).catch(() => {});
}

async function loseHandles() {
  const { ImageLoader, Tensor, transforms } = library();
  const samples = ['ants', 'bees'].map((name, label) => ({
    path: join(place, 'data', 'val', name, '0000.jpg'),
    label,
  }));
  const pipeline = [transforms.resize([32, 32]), transforms.toTensor()];
  const loader = await ImageLoader.create({ samples, transforms: pipeline, batchSize: 1, workers: 1 });
  for await (const batch of loader.epoch(0)) {
    await batch.images.sum();
    break;
  }
  await Tensor.from(new Float32Array(8), [2, 4]);
}

async function endWorker() {
  const worker = new Worker(__filename, { workerData: place });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
}

async function inWorker() {
  const { parentPort } = require('node:worker_threads');
  const { Trainer } = library();
  await new Trainer(config({ epochs: 1000 })).fit({ onProgress: () => parentPort.postMessage('training') });
}

async function main() {
  const { writeInsects } = require('../../../dist/demo/write-insects.js');
  await writeInsects(join(place, 'data'), { seed: 1, size: 48, perClass: { train: 4, val: 2 } });
  for (const part of [train, predict, interrupt, loseHandles, endWorker]) {
    await part();
    globalThis.gc();
    console.log(part.name);
  }
  console.log('done');
}

if (bug !== undefined) require(place).plantBug(bug);
else (isMainThread ? main : inWorker)();
