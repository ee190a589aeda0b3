/**
 * The files that fuzzing begins with: every small image that scripts/golden/images.py has drawn in all formats and
 * variants, the weight files of scripts/golden/weights.py, and pieces that stand for damaged files. Nothing of it is
 * committed a second time.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const IMAGES = path.join('test', 'parity', 'fixtures', 'images.json');
const WEIGHTS = path.join('test', 'parity', 'fixtures', 'weights.json');

/** Drawn images by name, "jpeg-420" for example. */
function drawnImages() {
  const { images } = JSON.parse(readFileSync(IMAGES, 'utf8'));
  return images.map(({ name, file }) => ({ name, bytes: Buffer.from(file, 'base64') }));
}

/** Images by the first word of the name, which is the format. */
const ofFormat = (format) => drawnImages().filter(({ name }) => name.startsWith(`${format}-`));

/** Weight files that real torch and safetensors wrote, by container. */
function weightFiles(isOne) {
  const files = JSON.parse(readFileSync(WEIGHTS, 'utf8'));
  return Object.entries(files)
    .map(([name, file]) => ({ name, bytes: Buffer.from(file, 'base64') }))
    .filter(({ name, bytes }) => isOne(name, bytes));
}

/** What the target of each name mutates: `[]` of `{ name, bytes }`. */
const CORPORA = {
  image_header: drawnImages,
  jpeg_decoder: () => ofFormat('jpeg'),
  png_decoder: () => ofFormat('png'),
  bmp_decoder: () => ofFormat('bmp'),
  pnm_decoder: () => ofFormat('pnm'),
  tiff_decoder: () => ofFormat('tiff'),
  webp_decoder: () => ofFormat('webp'),
  sample: drawnImages,
  zip_weights: () => weightFiles((_, bytes) => bytes.subarray(0, 2).toString('latin1') === 'PK'),
  legacy_weights: () => weightFiles((name) => name.startsWith('legacy')),
  safetensors: () => weightFiles((name) => name.startsWith('safetensors')),
};

/** Targets in the order in which they are run. */
export const TARGETS = Object.keys(CORPORA);

/** Writes the corpus of `target` into a folder of its own below `folder`, which is returned. */
export function drawCorpus(target, folder) {
  const place = path.join(folder, target);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const { name, bytes } of CORPORA[target]()) {
    writeFileSync(path.join(place, name), bytes);
    writeFileSync(path.join(place, `${name}-cut`), bytes.subarray(0, Math.floor(bytes.length * 0.7)));
  }
  return place;
}
