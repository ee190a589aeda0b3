import { nativeOf, objectOf } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import { Tensor } from '../tensor';

/**
 * torchvision's MixUp and CutMix (`torchvision.transforms.v2`) on training batches, under the names of its reference
 * scripts. With both, each batch gets one of the two, equally likely.
 */
export interface BatchMix {
  /** MixUp's lambda is drawn from Beta(alpha, alpha). Default 0: no MixUp. */
  mixupAlpha?: number;
  /** The same for CutMix. Default 0: no CutMix. */
  cutmixAlpha?: number;
}

export interface MixBatchOptions extends BatchMix {
  /** Number of classes: the width of the mixed labels. */
  classes: number;
  /** The draw is keyed by (seed, epoch, step). Default 0. */
  seed?: number;
  /** 0-based. */
  epoch: number;
  /** The batch's position in the epoch, 0-based (`Batch.step`). */
  step: number;
}

/**
 * Mixes each image of a batch, and its label, with the one before it, the first with the last; a single image with
 * itself. The numbers are those of a TrainingSession with the same options, bit for bit.
 * @param images float [N, 3, H, W]
 * @param labels int64 [N] (class indices), or float [N, classes] of an earlier mix
 * @returns new tensors for the caller to dispose: images as they were in shape and type, labels float32 [N, classes]
 * @throws TorchwingError INVALID_ARGUMENT without an alpha > 0, or for shapes that do not fit
 */
export async function mixBatch(
  images: Tensor,
  labels: Tensor,
  options: MixBatchOptions,
): Promise<{ images: Tensor; labels: Tensor }> {
  const { mixupAlpha = 0, cutmixAlpha = 0, classes, seed = 0, epoch, step } = objectOf(options);
  if (mixupAlpha === 0 && cutmixAlpha === 0) {
    throw new TorchwingError(
      'INVALID_ARGUMENT',
      'Invalid value for "options": received no alpha above 0, expected a mixupAlpha or a cutmixAlpha > 0.',
    );
  }
  const mixed = await callNative(async () => {
    const addon = await loadNative();
    return addon.mixBatch(nativeOf(images, 'images', 'a Tensor'), nativeOf(labels, 'labels', 'a Tensor'), {
      mixupAlpha,
      cutmixAlpha,
      classes,
      seed,
      epoch,
      step,
    });
  });
  return { images: Tensor.wrap(mixed.images), labels: Tensor.wrap(mixed.labels) };
}
