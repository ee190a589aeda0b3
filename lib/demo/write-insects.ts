import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TorchwingError } from '../native/errors';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import { drawInsectImage, INSECT_CLASSES, type InsectClass } from './draw-insects';

export interface InsectFolderOptions {
  seed: number;
  /** Width and height in pixels. */
  size: number;
  /** Images per class. */
  perClass: { train: number; val: number };
  /** Told after each image. */
  onProgress?: (drawn: number, total: number) => void;
  /** Stops between two images, rejecting with its reason. */
  signal?: AbortSignal;
}

/** JPEG quality: high enough for thin legs, low enough to leave a camera's traces. */
const QUALITY = 90;

/** Where one image of the set lies below its folder: ImageFolder's layout, as ImageFolder sorts it. */
export function insectPath(split: 'train' | 'val', insect: InsectClass, index: number): string {
  return join(split, insect, `${String(index).padStart(4, '0')}.jpg`);
}

/**
 * Draws a data set of JPEG files into `folder`: `train/` and `val/`, each with `ants/` and `bees/`.
 * @throws TorchwingError OUTPUT_WRITE, and what loading the native addon throws
 */
export async function writeInsects(folder: string, options: InsectFolderOptions): Promise<void> {
  const { seed, size, perClass, onProgress, signal } = options;
  const native = await loadNative();
  const total = INSECT_CLASSES.length * (perClass.train + perClass.val);
  let drawn = 0;
  for (const split of ['train', 'val'] as const) {
    for (const insect of INSECT_CLASSES) {
      await writing(folder, () => mkdir(join(folder, split, insect), { recursive: true }));
      for (let index = 0; index < perClass[split]; index++) {
        signal?.throwIfAborted();
        const rgb = drawInsectImage({ seed, split, insect, index, size });
        const jpeg = await callNative(() => native.encodeJpeg(rgb, size, size, QUALITY));
        await writing(folder, () =>
          writeFile(join(folder, insectPath(split, insect, index)), Buffer.from(jpeg)),
        );
        drawn += 1;
        onProgress?.(drawn, total);
      }
    }
  }
}

async function writing(folder: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new TorchwingError(
      'OUTPUT_WRITE',
      `The folder "${folder}" cannot be written: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}
