// A run that ends its own process by SIGKILL at the end of a phase or of an epoch, or trains to its own end. Resumes what is there.
//   node boundary-kill.cjs DATA OUTPUT MODE EPOCHS [phaseEnd|epochEnd EPOCH [PHASE]]
// Prints a line of JSON, where it goes on, before the first step.
const { writeSync } = require('node:fs');
const { Trainer } = require('../../../dist/index.js');

const [data, output, mode, epochs, type, epoch, phase] = process.argv.slice(2);

/** Called by the thread that would tell the next step to begin, so that there is none behind the boundary. */
function endHere(event) {
  if (event.type !== type || event.epoch !== Number(epoch)) return;
  if (type === 'phaseEnd' && event.phase !== phase) return;
  process.kill(process.pid, 'SIGKILL');
}

async function main() {
  const trainer = new Trainer({
    data: { dir: data, imageSize: 32, batchSize: 4, workers: 1 },
    model: { weights: null },
    optimizer: { lr: 0.01 },
    mode,
    epochs: Number(epochs),
    threads: 1,
    device: 'cpu',
    output,
    checkpoint: { everySteps: 1, everyEpochs: 1 },
  });
  await trainer.fit({
    resume: 'auto',
    onStart: ({ resumed }) => void writeSync(1, `${JSON.stringify(resumed ?? null)}\n`),
    onPhaseEnd: endHere,
    onEpochEnd: endHere,
  });
  trainer.dispose();
}

main();
