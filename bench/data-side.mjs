/**
 * torchwing's side of `npm run bench:data`: makes a loader and runs one epoch of it; prints one JSON line.
 * `imagesPerSecond` is over wall time, `imagesPerCpuSecond` over what all threads of the process together computed.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { IMAGENET, ImageLoader, scanImageFolder, transforms as T } from '../dist/index.mjs';

const [folder, phase, workers] = process.argv.slice(2);
const tail = [T.toTensor(), T.normalize(IMAGENET)];
const head = {
  train: [T.randomResizedCrop(224), T.randomHorizontalFlip()],
  val: [T.resize(256), T.centerCrop(224)],
};
const { images } = await scanImageFolder(path.join(folder, phase));

async function epoch(samples) {
  const loader = await ImageLoader.create({
    samples,
    transforms: [...head[phase], ...tail],
    batchSize: 4,
    workers: Number(workers),
    seed: 0,
    shuffle: true,
  });
  let count = 0;
  for await (const batch of loader.epoch(0)) {
    count += batch.indices.length;
    batch.images.dispose();
    batch.labels.dispose();
  }
  const costs = await loader.costs();
  loader.dispose();
  return { count, costs };
}

for (const { path: file } of images) await readFile(file); // both sides read from the file cache
await epoch(images.slice(0, 8)); // maps LibTorch; the peer makes 8 images as well
const begin = performance.now();
const cpuBegin = process.cpuUsage();
const { count, costs } = await epoch(images);
const seconds = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(cpuBegin);
const milliseconds = Object.fromEntries(
  ['read', 'decode', 'resize', 'otherTransforms'].map((stage) => [stage, (costs[stage] / count) * 1000]),
);
console.log(
  JSON.stringify({
    imagesPerSecond: count / seconds,
    imagesPerCpuSecond: count / ((user + system) / 1e6),
    milliseconds,
  }),
);
