// Trains in a worker thread and terminates it in the midst of an epoch; then uses the library on the main thread.
//   node worker-host.cjs DATA
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { Tensor, Trainer } = require('../../../dist/index.js');

async function inWorker() {
  const trainer = new Trainer({
    data: { dir: workerData, imageSize: 32, batchSize: 4, workers: 2 },
    model: { weights: null },
    epochs: 1000,
    device: 'cpu',
  });
  await trainer.fit({ onProgress: () => parentPort.postMessage('training') });
}

async function inMain() {
  const worker = new Worker(__filename, { workerData: process.argv[2] });
  worker.on('error', (error) => {
    throw error;
  });
  await new Promise((resolve) => {
    worker.once('message', resolve);
  });
  await worker.terminate();
  const tensor = await Tensor.from(new Float32Array([1, 2, 3]), [3]);
  const sum = await tensor.sum();
  if ((await sum.item()) !== 6) throw new Error('wrong sum after the worker ended');
}

(isMainThread ? inMain() : inWorker()).catch((error) => {
  setImmediate(() => {
    throw error;
  });
});
