// Exports weights as ONNX, plain and folded, and runs both in onnxruntime-node beside LibTorch, on the first 32 images of a
// folder, in batches of 32 and of 5. Prints the largest differences of the logits.
//   node onnx-compare.cjs WEIGHTS IMAGES OUTPUT_FOLDER ORDER
// ORDER is which of the two libraries is loaded and used first: onnxruntime or torchwing.
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const torchwing = require('../../../dist/index.js');

const [weights, images, folder, order] = process.argv.slice(2);
const samples = readdirSync(images)
  .filter((name) => /\.(jpe?g|png)$/.test(name))
  .sort()
  .slice(0, 32)
  .map((name) => ({ path: join(images, name), label: 0 }));

async function logitsOfTorchwing(exported) {
  const state = await torchwing.StateDict.read(weights);
  const { arch, output } = exported.onnx;
  const model = await torchwing.ResNet.create({ arch, classes: output.shape[1] });
  await model.loadStateDict(state);
  await model.eval();
  const loader = await torchwing.ImageLoader.create({
    samples,
    transforms: exported.onnx.transforms,
    batchSize: samples.length,
    workers: 2,
  });
  for await (const batch of loader.epoch(0)) {
    const logits = await model.forward(batch.images);
    return {
      inputs: await batch.images.data(),
      shape: batch.images.shape,
      logits: await logits.data(),
    };
  }
  throw new Error('The loader gave no batch.');
}

async function runOnnx(path, inputs, shape, batchSize) {
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(path);
  const perImage = shape[1] * shape[2] * shape[3];
  const logits = [];
  for (let from = 0; from < shape[0]; from += batchSize) {
    const count = Math.min(batchSize, shape[0] - from);
    const part = inputs.slice(from * perImage, (from + count) * perImage);
    const images = new ort.Tensor('float32', part, [count, ...shape.slice(1)]);
    const { logits: found } = await session.run({ images });
    logits.push(...found.data);
  }
  await session.release();
  return logits;
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

async function main() {
  if (order === 'onnxruntime') require('onnxruntime-node');
  const plain = await torchwing.exportWeights(weights, join(folder, 'plain.onnx'));
  const folded = await torchwing.exportWeights(weights, join(folder, 'folded.onnx'), { foldBatchNorm: true });
  const warmUp = new Float32Array(3 * plain.onnx.input.shape[2] * plain.onnx.input.shape[3]);
  const one = [1, ...plain.onnx.input.shape.slice(1)];
  if (order === 'onnxruntime') await runOnnx(plain.path, warmUp, one, 1);
  const { inputs, shape, logits } = await logitsOfTorchwing(plain);
  const difference = async (path, batchSize) => {
    const found = await runOnnx(path, inputs, shape, batchSize);
    if (found.length !== logits.length) throw new Error(`${found.length} logits, expected ${logits.length}`);
    return largest(found.map((value, at) => value - logits[at]));
  };
  const result = {
    images: shape[0],
    largestLogit: largest([...logits]),
    plain: await difference(plain.path, 32),
    folded: await difference(folded.path, 32),
    inFives: await difference(plain.path, 5),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

main();
