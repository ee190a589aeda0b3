// Trains for many epochs, or many times, and says what the process holds more of at the end. Prints one line of JSON.
//   node --expose-gc leak-host.cjs epochs|fits COUNT DATA OUTPUT LEAK      in the environment of gauge.cjs
// LEAK, planted by this program: `none`; `memory`, twice what is allowed; `pages`, more than V8's own pages hide; `threads` or
// `descriptors`, now and then one more.
const { openSync } = require('node:fs');
const { ImageLoader, Tensor, Trainer, transforms } = require('../../../dist/index.js');
const { growthOf, openGauge } = require('./gauge.cjs');

const [unit, count, data, output, leak] = process.argv.slice(2);
const SAMPLES = { epochs: 100, fits: 50 };
/** What a test allows, in bytes. */
const ALLOWED = { epochs: 2 * 1024, fits: 50 * 1024 };
/** How many times what is allowed each planted leak of memory holds. */
const TIMES = { memory: 2, pages: 32 };

/** On a CUDA device: steps are recorded as a graph, the fourth whole batch of each fit, and replayed. */
const CUDA_GRAPH = process.env.TORCHWING_TEST_CUDA_GRAPH === '1';
/** Epochs of a short fit; each has one step. */
const FEW = CUDA_GRAPH ? 6 : 1;

const samples = [];
const held = [];
const readGauge = openGauge(settle);

/** The compute thread works in the order of its calls. */
async function settle() {
  (await Tensor.from(new Float32Array(1), [1])).dispose();
}

async function plant(at) {
  if (leak in TIMES) {
    const floats = (TIMES[leak] * ALLOWED[unit]) / Float32Array.BYTES_PER_ELEMENT;
    held.push(await Tensor.from(new Float32Array(floats), [floats]));
  } else if (leak !== 'none' && at % Math.ceil(count / 10) === 0) {
    held.push(leak === 'descriptors' ? openSync(__filename) : await loader());
  }
}

/** One worker thread. */
function loader() {
  return ImageLoader.create({
    samples: [{ path: __filename, label: 0 }],
    transforms: [transforms.resize([32, 32]), transforms.toTensor()],
    batchSize: 1,
    workers: 1,
  });
}

async function done(at, kinds = 1) {
  await plant(at);
  const every = kinds * Math.max(1, Math.floor(count / SAMPLES[unit] / kinds));
  if (at % every === 0) samples.push({ at, ...(await readGauge()) });
}

function trainer(config) {
  return new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 2, workers: 1 },
    model: { weights: null },
    device: process.env.TORCHWING_TEST_DEVICE ?? 'cpu',
    threads: 1,
    cudaGraph: CUDA_GRAPH,
    ...config,
  });
}

async function trainEpochs() {
  const one = trainer({ mode: 'extractor', epochs: Number(count) });
  await one.fit({ onEpochEnd: ({ epoch }) => done(epoch) });
  one.dispose();
}

/** Each kind of fit in turn; a sample always follows the same kind, so that what the last one keeps is the same too. */
const FITS = [
  async () => {
    const one = trainer({ mode: 'finetune', epochs: FEW });
    await one.fit();
    one.dispose();
  },
  async () => {
    const one = trainer({ mode: 'extractor', epochs: FEW, output, overwrite: true });
    await one.fit({ onCheckpoint: () => {} });
    one.dispose();
  },
  async () => {
    const one = trainer({ mode: 'finetune', epochs: 1000 });
    const abort = new AbortController();
    const enough = new Error('enough');
    const onProgress = ({ epoch }) => void (epoch >= FEW - 1 && abort.abort(enough));
    const fit = one.fit({ signal: abort.signal, onProgress });
    await fit.catch((error) => {
      if (error !== enough) throw error;
    });
    one.dispose();
  },
  async () => {
    const one = trainer({ mode: 'extractor', epochs: FEW + 1 });
    for await (const event of one.stream()) if (event.type === 'phaseEnd' && event.epoch === FEW - 1) break;
    one.dispose();
  },
];

async function trainOften() {
  for (let at = 0; at < count; at += 1) {
    await FITS[at % FITS.length]();
    await done(at, FITS.length);
  }
}

(unit === 'epochs' ? trainEpochs() : trainOften()).then(() => console.log(JSON.stringify(growthOf(samples))));
