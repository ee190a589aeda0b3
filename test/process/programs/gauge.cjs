// What a process holds, read often enough to see it grow by a kilobyte an epoch. Wants `node --expose-gc` and, in the
// environment that the process is started with, STEADY_MALLOC.
const { execFileSync } = require('node:child_process');
const { mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { setImmediate: nextTurn } = require('node:timers/promises');

/**
 * One arena and no mappings of its own for large tensors: what is free is then given back by malloc_trim(), and the resident
 * size says what is held instead of what malloc's thresholds have become.
 */
const STEADY_MALLOC = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: `${2 ** 32}`,
  MALLOC_TRIM_THRESHOLD_: `${2 ** 32}`,
};

/** Share of the samples that are warm-up: caches, compiled code, pools. */
const WARM_UP = 1 / 5;

function compileHeapBytes() {
  const folder = mkdtempSync(join(tmpdir(), 'torchwing-gauge-'));
  try {
    const file = join(folder, 'heap_bytes.node');
    const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
    const source = join(__dirname, '..', 'leaks', 'heap_bytes.c');
    const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', `-I${headers}`];
    execFileSync('cc', [...flags, '-o', file, source]);
    return require(file).heapBytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const residentBytes = () =>
  Number(/^Rss:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]) * 1024;

/**
 * Reads figures of this process, as `{ heap, resident, threads, descriptors }`; `heap` is malloc's and V8's together.
 * @param settle waits until what was disposed is freed, which the compute thread does some time later
 */
function openGauge(settle) {
  const heapBytes = compileHeapBytes();
  return async () => {
    // Twice: handles that were lost and not disposed are freed by their finalizers, behind the collection.
    globalThis.gc();
    await nextTurn();
    await settle();
    globalThis.gc();
    const native = heapBytes();
    return {
      heap: native + process.memoryUsage().heapUsed,
      resident: residentBytes(),
      threads: readdirSync('/proc/self/task').length,
      descriptors: readdirSync('/proc/self/fd').length,
    };
  };
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * How much y grows when x grows by one, through points `[x, y]`: the median of the slopes between all pairs (Theil and Sen's
 * regression), on which a page that V8 gives back late now and then has no say.
 */
function slopeOf(points) {
  const slopes = points.flatMap(([x, y], at) =>
    points.slice(at + 1).map(([laterX, laterY]) => (laterY - y) / (laterX - x)),
  );
  return median(slopes);
}

/**
 * What grew behind the warm-up, per unit of `at`, and how many different counts of threads and descriptors were seen there.
 * @param samples `{ at, ...what the gauge said }`
 */
function growthOf(samples) {
  const settled = samples.slice(Math.ceil(samples.length * WARM_UP));
  const slope = (figure) => slopeOf(settled.map((sample) => [sample.at, sample[figure]]));
  const counts = (figure) => [...new Set(settled.map((sample) => sample[figure]))].sort((a, b) => a - b);
  return {
    samples: settled.length,
    heap: slope('heap'),
    resident: slope('resident'),
    threads: counts('threads'),
    descriptors: counts('descriptors'),
  };
}

module.exports = { STEADY_MALLOC, growthOf, openGauge };
