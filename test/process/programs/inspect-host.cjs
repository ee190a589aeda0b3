/** Reads the same photos over and over, and ends by `argv[2]` (exit or terminate) once some are read; `argv[3]` is the data set. */
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { inspectImages } = require('../../../dist/data/inspect-images.js');
const { scanImageFolder } = require('../../../dist/data/image-folder.js');
const { DEFAULT_LIMITS } = require('../../../dist/data/loader-defaults.js');

const [, , ending, data] = process.argv;

async function inspect(folder, onProgress) {
  const { images } = await scanImageFolder(`${folder}/train`);
  const paths = Array.from({ length: 200_000 }, (_, at) => images[at % images.length].path);
  await inspectImages(paths, { limits: DEFAULT_LIMITS, workers: 2, onProgress });
}

function once(action) {
  let begun = false;
  return (done) => {
    if (done === 0 || begun) return;
    begun = true;
    action();
  };
}

if (!isMainThread) {
  const { parentPort } = require('node:worker_threads');
  inspect(
    workerData,
    once(() => parentPort.postMessage('begun')),
  );
} else if (ending === 'exit') {
  inspect(
    data,
    once(() => process.exit(7)),
  );
} else {
  const worker = new Worker(__filename, { workerData: data });
  worker.on('message', async () => {
    await worker.terminate();
    process.exitCode = 7;
  });
}
