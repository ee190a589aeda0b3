import { availableParallelism } from 'node:os';

/** Bounds on one image, checked before memory is taken; exceeding one is IMAGE_TOO_LARGE. */
export interface ImageLimits {
  /** Width times height. Default 100,000,000. */
  pixels: number;
  /** Bytes of the file. Default 512 MiB. */
  fileBytes: number;
  /** Bytes that the decoder may take. Default 512 MiB. */
  decoderBytes: number;
  /** Scans of a progressive JPEG. Default 100. */
  progressiveScans: number;
}

export const DEFAULT_LIMITS: Readonly<ImageLimits> = Object.freeze({
  pixels: 100_000_000,
  fileBytes: 512 * 2 ** 20,
  decoderBytes: 512 * 2 ** 20,
  progressiveScans: 100,
});

/** The tutorial's four workers, but no more than the cores that this process may use. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(4, availableParallelism()));
}

/** Batches that a loader decodes ahead, besides one per worker. */
export const DEFAULT_PREFETCH = 2;

export type ExifPolicy = 'ignore' | 'apply';
export type DecodeForm = 'exact' | 'scaled';
export type ResizeArithmetic = 'pillow' | 'tensor';

/** How files become pixels, besides the transforms: what a prediction must repeat. */
export interface ImageReading {
  exif: ExifPolicy;
  decode: DecodeForm;
  resize: ResizeArithmetic;
}

/** torchvision's ways. */
export const DEFAULT_READING: Readonly<ImageReading> = { exif: 'ignore', decode: 'exact', resize: 'pillow' };
