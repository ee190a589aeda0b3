// Measures the event loop's delay from before the import to after dispose, in a real fit or, as a control, idle.
//   node loop-delay.cjs fit|idle DATA SECONDS         prints {"p99": ms, "max": ms}
const { monitorEventLoopDelay } = require('node:perf_hooks');

const [mode, data, seconds] = process.argv.slice(2);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

async function train() {
  const { Trainer } = require('../../../dist/index.js');
  const trainer = new Trainer({
    data: { dir: data, imageSize: 64, batchSize: 4, workers: 2 },
    model: { weights: null },
    epochs: 1000,
    device: 'cpu',
  });
  const enough = AbortSignal.timeout(Number(seconds) * 1000);
  await trainer.fit({ signal: enough }).catch((error) => {
    if (!enough.aborted) throw error;
  });
  trainer.dispose();
}

const idle = () => new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));

(mode === 'fit' ? train() : idle()).then(() => {
  delay.disable();
  console.log(JSON.stringify({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }));
});
