import { createHash } from 'node:crypto';
import { ImageLoader, type ImageLoaderOptions, type Transform } from '../../lib/index';

/** The transformed image of an encoded file, as float32 [3, H, W]. */
export async function loadImage(
  file: Uint8Array,
  transforms: Transform[],
  options: Partial<ImageLoaderOptions> = {},
): Promise<Float32Array> {
  const loader = await ImageLoader.create({
    samples: [{ path: 'fixture', label: 0, bytes: file }],
    transforms,
    batchSize: 1,
    workers: 1,
    shuffle: false,
    ...options,
  });
  try {
    for await (const { images, labels } of loader.epoch(0)) {
      const values = (await images.data()) as Float32Array;
      images.dispose();
      labels.dispose();
      return values;
    }
    throw new Error('the loader gave no batch');
  } finally {
    loader.dispose();
  }
}

/** SHA-256 of the bytes [H, W, 3] that the values v / 255 came from. */
export function pixelDigest(values: Float32Array): string {
  const plane = values.length / 3;
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) {
      bytes[i * 3 + channel] = Math.round((values[channel * plane + i] ?? Number.NaN) * 255);
    }
  }
  return createHash('sha256').update(bytes).digest('hex');
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
