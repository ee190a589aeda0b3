/** Adds up what the stages of CI counted; `N passed, N failed, N skipped` is the last line. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sumCounts } from './test-results.mjs';

const STAGES = ['total-npm-test.json', 'total-python.json', 'total-fuzz.json', 'total-sanitize.json'];
const folder = path.join('build', 'test-results');
const present = readdirSync(folder);
const missing = STAGES.filter((name) => !present.includes(name));
for (const name of missing) console.error(`error: the stage that writes ${name} did not end`);
const counts = STAGES.filter((name) => present.includes(name)).map((name) =>
  JSON.parse(readFileSync(path.join(folder, name), 'utf8')),
);
const total = sumCounts(counts);
console.log(`${total.passed} passed, ${total.failed + missing.length} failed, ${total.skipped} skipped`);
if (total.failed > 0 || missing.length > 0) process.exitCode = 1;
