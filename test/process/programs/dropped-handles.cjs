// Makes handles of every kind and lets go of them without dispose(): prints, as one line of JSON per kind, by how many bytes the heap
// had grown while they were held and afterwards, and by how many threads.
//   node --expose-gc dropped-handles.cjs DATA      with STEADY_MALLOC of gauge.cjs in the environment
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const torchwing = require('../../../dist/index.js');
const { openGauge } = require('./gauge.cjs');

const {
  ImageLoader,
  Predictor,
  ResNet18,
  SGD,
  StepLR,
  Tensor,
  Trainer,
  TrainingSession,
  transforms: T,
} = torchwing;
const data = process.argv[2];
const HELD = 5;

const bees = join(data, 'train', 'bees');
const samples = readdirSync(bees).map((name) => ({ path: join(bees, name), label: 0 }));

async function makeLoader() {
  const loader = await ImageLoader.create({
    samples,
    transforms: [T.resize([512, 512]), T.toTensor(), T.normalize(torchwing.IMAGENET)],
    batchSize: samples.length,
    workers: 2,
  });
  // Its ring of batches is there from the first epoch on.
  for await (const batch of loader.epoch(0)) {
    batch.images.dispose();
    batch.labels.dispose();
  }
  return loader;
}

async function makeSession(model) {
  const optimizer = await SGD.create(model, { lr: 0.1, momentum: 0.9 });
  const session = await TrainingSession.create({ model, optimizer, device: 'cpu' });
  optimizer.dispose();
  await session.snapshotBest();
  return session;
}

async function makeTrainer() {
  const trainer = new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 2, workers: 1 },
    model: { weights: null },
    mode: 'extractor',
    epochs: 1,
    device: 'cpu',
  });
  await trainer.fit();
  return trainer;
}

/** Of a model that nothing else holds. */
async function makeOptimizer() {
  return SGD.create(await ResNet18.create({ classes: 2 }), { lr: 0.1, momentum: 0.9 });
}

async function main() {
  const trained = join(mkdtempSync(join(tmpdir(), 'torchwing-dropped-')), 'trained.pth');
  await makeTrainer().then((trainer) => trainer.save(trained).then(() => trainer.dispose()));
  const model = await ResNet18.create({ classes: 2 });
  const kinds = {
    Tensor: () => Tensor.from(new Float32Array(2 ** 21), [2 ** 21]),
    StateDict: () => model.stateDict(),
    ResNet: () => ResNet18.create({ classes: 2 }),
    SGD: makeOptimizer,
    StepLR: async () => StepLR.create(await makeOptimizer(), { stepSize: 7, gamma: 0.1 }),
    Predictor: () => Predictor.load(trained, { device: 'cpu' }),
    ImageLoader: makeLoader,
    TrainingSession: () => makeSession(model),
    Trainer: makeTrainer,
  };
  const gauge = openGauge(() => torchwing.version());
  const settled = async () => {
    // A loader's threads end, and a finalizer runs, some time after its collection.
    for (let turn = 0; turn < 3; turn++) await gauge();
    return gauge();
  };
  for (const [kind, make] of Object.entries(kinds)) {
    // An SGD and a StepLR have none: they go with their model.
    await make().then((handle) => handle.dispose?.());
    const before = await settled();
    let held = [];
    for (let at = 0; at < HELD; at++) held.push(await make());
    const holding = await gauge();
    held = null;
    const after = await settled();
    console.log(
      JSON.stringify({
        kind,
        held: holding.heap - before.heap,
        left: after.heap - before.heap,
        threads: after.threads - before.threads,
      }),
    );
  }
  rmSync(dirname(trained), { recursive: true });
}

main();
