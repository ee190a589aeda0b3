/**
 * torchwing's side of `npm run bench:weights`: reads a weight file and writes it again, `repeats` times each; prints one
 * JSON line of milliseconds (medians) and of the memory that the first reading took at its peak, in bytes.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StateDict, version } from '../dist/index.mjs';
import { median } from './statistics.mjs';

const [file, folder, format, repeats] = process.argv.slice(2);
const target = path.join(folder, `torchwing.${format}`);

const statusBytes = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;

async function timed(work) {
  const begin = performance.now();
  const result = await work();
  return [performance.now() - begin, result];
}

readFileSync(file); // both sides read from the file cache
await version(); // maps LibTorch
writeFileSync('/proc/self/clear_refs', '5'); // VmHWM starts again
const before = statusBytes('VmRSS');
const first = await StateDict.read(file);
const extraBytes = statusBytes('VmHWM') - before;
first.dispose();

const load = [];
const save = [];
for (let repeat = 0; repeat < Number(repeats); repeat += 1) {
  const [loadTime, state] = await timed(() => StateDict.read(file));
  rmSync(target, { force: true });
  const [saveTime] = await timed(() => state.save(target, '', { format }));
  load.push(loadTime);
  save.push(saveTime);
  state.dispose();
}
console.log(JSON.stringify({ load: median(load), save: median(save), extraBytes }));
