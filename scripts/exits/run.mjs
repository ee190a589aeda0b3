/**
 * Every way in which a process that uses torchwing can end (test/process/exits), again and again, on Node 20, 22 and 24. Writes
 * docs/reports/exits.json. A run that is stopped goes on where it was, as long as the commit is the same.
 *
 *   npm run test:full -- [--repeat N] [--other N] [--nodes 20,22,24] [--jobs N] [--minutes N] [--report FILE]
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeCommit } from '../commit.mjs';
import { nodeBinary, VERSIONS } from './nodes.mjs';

const require = createRequire(import.meta.url);
const { LIVE, VOID, ENDINGS, nameOf } = require('../../test/process/exits/cells.cjs');
const { findLibTorch } = require('../../dist/native/libtorch.js');
const { drawData, runCell } = require('../../test/process/exits/run-cell.cjs');
const { quickFolder } = require('../../test/process/quick-folder.cjs');

/** Milliseconds between two lines that say how far it is. */
const TELL_EVERY = 30_000;

const help = `npm run test:full -- [flags]

  --repeat N      runs of each cell on the first Node (default 20)
  --other N       runs of each cell on the other ones (default 5)
  --nodes LIST    major versions, the first is the one for --repeat (default 20,22,24)
  --jobs N        processes at once (default: one more than cores)
  --minutes N     stops after so many, with the counts that it came to (default: none)
  --report FILE   default docs/reports/exits.json`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      repeat: { type: 'string', default: '20' },
      other: { type: 'string', default: '5' },
      nodes: { type: 'string', default: '20,22,24' },
      jobs: { type: 'string', default: `${availableParallelism() + 1}` },
      minutes: { type: 'string', default: 'Infinity' },
      report: { type: 'string', default: path.join('docs', 'reports', 'exits.json') },
      help: { type: 'boolean', default: false },
    },
  });
  const nodes = values.nodes.split(',');
  const [repeat, other, jobs, minutes] = [values.repeat, values.other, values.jobs, values.minutes].map(
    Number,
  );
  const good =
    nodes.every((major) => VERSIONS[major] !== undefined) &&
    [repeat, other, jobs].every((count) => Number.isSafeInteger(count) && count > 0) &&
    minutes > 0;
  if (values.help || !good) {
    console.log(help);
    process.exit(values.help ? 0 : 2);
  }
  return { repeat, other, nodes, jobs, minutes, report: values.report };
}

/** Runs in rounds over all cells, so that whenever it stops each cell has had its share; the other versions in every second one. */
function plan({ repeat, other, nodes }) {
  const [first, ...others] = nodes.map((major) => VERSIONS[major]);
  const runs = [];
  for (let round = 1; round <= Math.max(repeat, 2 * other - 1); round++) {
    const versions = [
      ...(round <= repeat ? [first] : []),
      ...(round % 2 === 1 && (round + 1) / 2 <= other ? others : []),
    ];
    for (const version of versions) {
      for (const cell of LIVE) runs.push({ round, version, cell });
    }
  }
  return runs;
}

/** The runs that were done before, one JSON line each. */
function openJournal(commit) {
  const file = path.join('build', 'exits', `${commit.replace(/\W+/g, '-')}.jsonl`);
  mkdirSync(path.dirname(file), { recursive: true });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return {
    done: lines.map((line) => JSON.parse(line)),
    add: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`),
  };
}

const keyOf = ({ round, version, name }) => `${round} ${version} ${name}`;

async function main() {
  const options = readOptions();
  // Each run has a cache folder of its own, where none is.
  process.env.LIBTORCH = findLibTorch().root;
  const commit = describeCommit('lib', 'native', 'test/process/exits');
  const journal = openJournal(commit);
  const { done } = journal;
  const known = new Set(done.map(keyOf));
  const waiting = plan(options).filter(
    ({ round, version, cell }) => !known.has(keyOf({ round, version, name: nameOf(cell) })),
  );
  const total = waiting.length + done.length;
  const base = mkdtempSync(path.join(quickFolder(), 'torchwing-exits-'));
  const began = Date.now();
  const end = began + options.minutes * 60_000;
  const here = { done: 0, failed: 0 };
  const tell = () => {
    const minutes = (Date.now() - began) / 60_000;
    const left = here.done > 0 ? (minutes / here.done) * waiting.length : Number.NaN;
    console.log(
      `${done.length} of ${total} runs, ${here.failed} failed here; ${minutes.toFixed(1)} min, about ${left.toFixed(0)} min left`,
    );
  };
  console.log(
    `${total} runs of ${LIVE.length} cells, ${done.length} of them done before, at commit ${commit}`,
  );
  const clock = setInterval(tell, TELL_EVERY);
  try {
    const data = await drawData(base);
    const work = async () => {
      while (Date.now() < end) {
        const next = waiting.shift();
        if (next === undefined) return;
        const { round, version, cell } = next;
        const ended = await runCell(cell, { node: nodeBinary(version), data, base });
        const { problem } = ended;
        const [seconds, wallSeconds] = [ended.seconds, ended.wallSeconds].map((exact) =>
          Number(exact.toFixed(2)),
        );
        const entry = { round, version, name: nameOf(cell), problem, seconds, wallSeconds };
        journal.add(entry);
        done.push(entry);
        here.done += 1;
        if (problem === null) continue;
        here.failed += 1;
        console.log(`FAILED on Node ${version}: ${entry.name}: ${problem}`);
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    clearInterval(clock);
    rmSync(base, { recursive: true, force: true });
  }
  tell();
  writeReport(options, commit, done);
  if (waiting.length > 0) console.log(`stopped by --minutes with ${waiting.length} runs to go`);
  if (done.some(({ problem }) => problem !== null)) process.exitCode = 1;
}

function writeReport({ report, repeat, other, nodes }, commit, done) {
  const versions = nodes.map((major) => VERSIONS[major]);
  const counts = {};
  for (const cell of LIVE) {
    const name = nameOf(cell);
    const runs = done.filter((run) => run.name === name);
    counts[name] = Object.fromEntries(
      versions.map((version) => [version, runs.filter((run) => run.version === version).length]),
    );
  }
  const failures = done.filter(({ problem }) => problem !== null);
  const text = {
    commit,
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism() },
    asked: Object.fromEntries(versions.map((version, at) => [version, at === 0 ? repeat : other])),
    runs: Object.fromEntries(
      versions.map((version) => [version, done.filter((run) => run.version === version).length]),
    ),
    failed: failures.length,
    slowestSeconds: Math.max(...done.map(({ seconds }) => seconds)),
    slowestWallSeconds: Math.max(...done.map(({ wallSeconds }) => wallSeconds)),
    exitCodes: ENDINGS,
    failures,
    void: Object.fromEntries(VOID.map((cell) => [nameOf(cell), cell.reason])),
    cells: counts,
  };
  mkdirSync(path.dirname(report), { recursive: true });
  writeFileSync(report, `${JSON.stringify(text, null, 2)}\n`);
  console.log(`${report}: ${done.length} runs, ${failures.length} failed`);
}

await main();
