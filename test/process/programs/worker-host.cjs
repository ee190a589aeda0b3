// Trains in a worker thread. In the midst of an epoch the main thread terminates it and then uses the library itself,
// or ends the whole process.
//   node worker-host.cjs terminate|exit DATA
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { Tensor, Trainer } = require('../../../dist/index.js');

const [ending, data] = process.argv.slice(2);

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
  const worker = new Worker(__filename, { workerData: data });
  worker.on('error', (error) => {
    throw error;
  });
  await new Promise((resolve) => {
    worker.once('message', resolve);
  });
  if (ending === 'exit') process.exit(7);
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
