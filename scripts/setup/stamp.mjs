/** Remembers, by a hash of its inputs, that a step was done, so that a second run does nothing. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join('build', 'stamps');

function filesBelow(entry) {
  if (!existsSync(entry)) return [];
  if (!statSync(entry).isDirectory()) return [entry];
  return readdirSync(entry)
    .sort()
    .flatMap((name) => filesBelow(path.join(entry, name)));
}

/** Hash over the names and contents of `inputs` (files and folders) and the text `extra`. */
export function hashInputs(inputs, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const file of inputs.flatMap(filesBelow)) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** Runs `work` unless it was done with the same inputs and all `outputs` are still there. */
export function once(name, { inputs, extra = '', outputs }, work) {
  const stamp = path.join(folder, name);
  const hash = hashInputs(inputs, extra);
  const done =
    existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && outputs.every((file) => existsSync(file));
  if (done) return false;
  work();
  mkdirSync(folder, { recursive: true });
  writeFileSync(stamp, hash);
  return true;
}
