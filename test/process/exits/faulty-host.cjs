// A host that ends as none may, to see that the matrix would notice.
//   node faulty-host.cjs SITUATION STATE ENDING DATA PLACE      SITUATION is the fault
const { mkdirSync, writeFileSync, writeSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const [fault, , , , place] = process.argv.slice(2);
const run = join(place, 'a');
mkdirSync(run);
writeSync(1, 'ENDING\n');

const FAULTS = {
  crash: () => process.abort(),
  hang: () => setInterval(() => {}, 1000),
  'wrong code': () => process.exit(3),
  'a word': () => writeSync(2, 'a word\n'),
  'a lock': () => writeFileSync(join(run, 'run.lock'), '{}'),
  'a temporary file': () => writeFileSync(join(run, '.best.pth.tmp-1-1'), ''),
  'a file among the temporary ones': () => writeFileSync(join(tmpdir(), 'torchwing-photos'), ''),
  'half a line': () => writeFileSync(join(run, 'metrics.jsonl'), '{"v":1}\n{"v":'),
  'half of the weights': () => writeFileSync(join(run, 'best.pth'), 'PK'),
  'half a checkpoint': () => writeFileSync(join(run, 'checkpoint-0001-train-000000.pth'), 'PK'),
};
FAULTS[fault]();
