import { guardReceivers, invalidArgument, objectOf } from '../native/arguments';
import { callNative, Handle } from '../native/handle';
import { loadNative } from '../native/load';
import type { NativeImageLoader, NativeLoaderCosts } from '../native/types';
import { Tensor } from '../tensor';
import { BYTE_SIZE_EXPECTED, type ByteSize, parseByteSize } from './byte-size';
import {
  DEFAULT_LIMITS,
  DEFAULT_PREFETCH,
  DEFAULT_READING,
  type DecodeForm,
  defaultWorkers,
  type ExifPolicy,
  type ImageLimits,
  type ResizeArithmetic,
} from './loader-defaults';
import type { Transform } from './transforms';

/** One image: a file, or `bytes` already in memory, which `path` then only names in messages. */
export interface Sample {
  path: string;
  /** Class index. */
  label: number;
  bytes?: Uint8Array;
}

export interface ImageLoaderOptions {
  samples: readonly Sample[];
  /** Must end in images of one size. */
  transforms: readonly Transform[];
  /** Default 4. */
  batchSize?: number;
  /** Threads, alive as long as the loader. Default 4, but no more than the free cores. */
  workers?: number;
  /** Batches decoded ahead, besides one per worker. Default 2. */
  prefetchBatches?: number;
  /** Draws order and augmentation, each keyed by (seed, epoch, sample index, operation). Default 0. */
  seed?: number;
  /** Default true. */
  shuffle?: boolean;
  /** Default false. */
  dropLast?: boolean;
  /** `skip` leaves an undecodable image out of its batch. Default `error`. */
  onBadImage?: 'error' | 'skip';
  limits?: Partial<ImageLimits>;
  /** `apply` turns photos as their EXIF orientation says; torchvision does not. Default `ignore`. */
  exif?: ExifPolicy;
  /**
   * `scaled` lets the JPEG decoder halve an image once, twice or three times where the first transform shrinks it by
   * at least as much: quicker for large photos, other pixels. Default `exact`.
   */
  decode?: DecodeForm;
  /** Whose bytes a resize gives: torchvision's for PIL images (`pillow`, default) or for uint8 tensors (`tensor`). */
  resize?: ResizeArithmetic;
  /** `decoded`: memory for decoded images, which later epochs need not decode again. Default 0: none is kept. */
  cache?: { decoded?: ByteSize };
}

export interface Batch {
  /** float32 [N, 3, H, W] on the CPU. */
  images: Tensor;
  /** int64 [N]. */
  labels: Tensor;
  /** Positions in the sample list. */
  indices: Int32Array;
  /** 0-based position in the epoch. */
  step: number;
}

/**
 * One phase's images, decoded and transformed on threads of their own, in the same order and with the same bytes at any
 * number of workers. Hand it to a TrainingSession, or iterate `epoch(n)`.
 */
export class ImageLoader extends Handle<NativeImageLoader> {
  /** @throws TorchwingError INVALID_CONFIG for transforms that give images of no fixed size */
  static create(options: ImageLoaderOptions): Promise<ImageLoader> {
    return callNative(async () => {
      const { samples, transforms } = objectOf(options);
      if (!Array.isArray(samples)) throw invalidArgument('samples', samples, 'an array');
      if (!Array.isArray(transforms)) throw invalidArgument('transforms', transforms, 'an array');
      const addon = await loadNative();
      return new ImageLoader(
        await addon.ImageLoader.create({
          samples: [...samples],
          transforms: [...transforms],
          batchSize: options.batchSize ?? 4,
          workers: options.workers ?? defaultWorkers(),
          prefetchBatches: options.prefetchBatches ?? DEFAULT_PREFETCH,
          seed: options.seed ?? 0,
          shuffle: options.shuffle ?? true,
          dropLast: options.dropLast ?? false,
          skipBadImages: options.onBadImage === 'skip',
          limits: { ...DEFAULT_LIMITS, ...options.limits },
          exif: options.exif ?? DEFAULT_READING.exif,
          decode: options.decode ?? DEFAULT_READING.decode,
          resize: options.resize ?? DEFAULT_READING.resize,
          cacheBytes: cacheBytes(options.cache?.decoded ?? 0),
        }),
      );
    });
  }

  /** Batches in an epoch before any image is skipped. */
  get steps(): number {
    return this.native.steps;
  }

  /**
   * The batches of epoch `epoch` (0-based) in order, from batch `startStep` on. The caller disposes each batch's
   * tensors. One epoch at a time: starting another ends an unfinished one.
   * @throws TorchwingError IMAGE_READ, IMAGE_DECODE or IMAGE_TOO_LARGE, naming the file
   */
  async *epoch(epoch: number, options: { startStep?: number } = {}): AsyncGenerator<Batch, void, void> {
    await callNative(() => this.native.start(epoch, objectOf(options).startStep ?? 0));
    let finished = false;
    try {
      for (;;) {
        const batch = await callNative(() => this.native.next());
        if (batch === null) break;
        yield {
          images: Tensor.wrap(batch.images),
          labels: Tensor.wrap(batch.labels),
          indices: new Int32Array(batch.indices),
          step: batch.step,
        };
      }
      finished = true;
    } finally {
      if (!finished && !this.disposed) this.native.cancel();
    }
  }

  /** Seconds summed over the workers, the images left out and those from the cache, since the epoch began. */
  costs(): Promise<NativeLoaderCosts> {
    return callNative(() => this.native.costs());
  }
}

guardReceivers(ImageLoader);

function cacheBytes(size: ByteSize): number {
  const bytes = parseByteSize(size);
  if (bytes !== null) return bytes;
  throw invalidArgument('cache.decoded', size, BYTE_SIZE_EXPECTED);
}
