/** Training images per second at three batch sizes, with CUDA graphs and without, against the tutorial in Python. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { imageSize, listOf, photosOf, train, trainPhases } from '../training.mjs';

const PEER = path.resolve('scripts/cuda/peer.py');
/** Python's workers come from this list, the best counts. */
const workerCounts = () => [4, 8, availableParallelism()].filter((count) => count <= availableParallelism());

const sizes = ({ dry }) =>
  dry ? [{ batch: 4, steps: 5 }] : [4, 64, 256].map((batch) => ({ batch, steps: batch === 4 ? 200 : 40 }));

/** The second epoch of two: kernels are chosen and the graph is recorded in the first. */
async function ours(context, { batch, steps }, cudaGraph) {
  const graph = cudaGraph ? { cudaGraph } : {};
  const workers = context.dry ? {} : { threads: 'auto' };
  const run = await train(context, { images: batch * steps, batch, epochs: 2, ...workers, ...graph });
  const phase = trainPhases(run).at(-1);
  return phase.imagesPerSecond;
}

async function pythons(context, { batch, steps }) {
  const folder = await photosOf(context);
  const list = path.join(context.place, `list-${batch}.json`);
  const warmUp = Math.min(10, Math.floor(steps / 2));
  const names = new Map();
  const index = (label) => names.get(label) ?? names.set(label, names.size).get(label);
  const samples = listOf(folder, 'train', batch * (steps + warmUp));
  writeFileSync(list, JSON.stringify(samples.map(({ path: file, label }) => [file, index(label)])));
  const rates = workerCounts().map((workers) => {
    const args = [
      PEER,
      list,
      batch,
      warmUp,
      imageSize(context),
      context.device,
      workers,
      context.weights ?? 'none',
    ];
    const stdout = execFileSync(context.python, args.map(String), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 2],
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)).imagesPerSecond;
  });
  return Math.max(...rates);
}

export async function check(context) {
  const rows = [];
  for (const size of sizes(context)) {
    const eager = await ours(context, size, false);
    const graphed = context.dry ? null : await ours(context, size, true);
    const python = context.python === null ? null : await pythons(context, size);
    const best = Math.max(eager, graphed ?? 0);
    const rate = (value) => (value === null ? 'not run' : value.toFixed(0));
    const ratio = python === null ? 'not run' : (best / python).toFixed(2);
    rows.push([`${size.batch}`, rate(eager), rate(graphed), rate(python), ratio]);
  }
  const notes = [
    'Training images per second from the files on, fp32, the second of two epochs. Speed is reported, not judged.',
  ];
  if (context.python === null)
    notes.push('Python was not run: --python FILE names an interpreter with torch and torchvision.');
  return {
    passed: true,
    notes,
    tables: [
      {
        head: ['batch', 'torchwing', 'with CUDA graphs', 'Python tutorial', 'better of ours / Python'],
        rows,
      },
    ],
  };
}
