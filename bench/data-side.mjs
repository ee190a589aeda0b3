/** torchwing's side of `npm run bench:data`: one epoch of the loader; prints one JSON line. */
import path from 'node:path';
import { IMAGENET, ImageLoader, scanImageFolder, transforms as T } from '../dist/index.mjs';

const [folder, phase, workers] = process.argv.slice(2);
const tail = [T.toTensor(), T.normalize(IMAGENET)];
const head = {
  train: [T.randomResizedCrop(224), T.randomHorizontalFlip()],
  val: [T.resize(256), T.centerCrop(224)],
};
const { samples } = await scanImageFolder(path.join(folder, phase));
const loader = await ImageLoader.create({
  samples,
  transforms: [...head[phase], ...tail],
  batchSize: 4,
  workers: Number(workers),
  seed: 0,
  shuffle: true,
});
async function epoch(number) {
  const begin = performance.now();
  let images = 0;
  for await (const batch of loader.epoch(number)) {
    images += batch.indices.length;
    batch.images.dispose();
    batch.labels.dispose();
  }
  return images / ((performance.now() - begin) / 1000);
}
await epoch(0); // maps LibTorch and warms the file cache, as the peer's first images do
const imagesPerSecond = await epoch(1);
loader.dispose();
console.log(JSON.stringify({ imagesPerSecond }));
