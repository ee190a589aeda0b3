/**
 * Trains with `for await`, and leaves the loop when the validation accuracy is good enough.
 *
 *   node examples/stream.ts DATA WEIGHTS
 */
import { Trainer } from 'torchwing';

const ENOUGH = 0.95;

async function main(): Promise<void> {
  const [dir, file] = process.argv.slice(2);
  if (dir === undefined || file === undefined) {
    console.error('usage: node examples/stream.ts DATA WEIGHTS');
    process.exitCode = 2;
    return;
  }
  const trainer = new Trainer({ mode: 'extractor', data: { dir }, model: { weights: { file } } });
  for await (const event of trainer.stream()) {
    if (event.type === 'warning') console.log(`${event.code}: ${event.message}`);
    if (event.type !== 'epochEnd') continue;
    console.log(`epoch ${event.epoch}: val ${event.val.accuracy.toFixed(4)}`);
    if (event.val.accuracy >= ENOUGH) break;
  }
  await trainer.save('stream.pth');
  trainer.dispose();
}

void main();
