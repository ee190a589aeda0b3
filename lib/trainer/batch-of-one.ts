import type { ResolvedConfig } from '../config/types';
import { outputSize } from '../data/output-size';
import { TorchwingError } from '../native/errors';

/** Every ResNet halves height and width five times. */
const DOWNSAMPLING = 32;

/**
 * Refuses a run whose last training batch would be a single image while BatchNorm normalises by the batch: the step
 * would follow the noise of that one image. A batch size of 1 is the caller's own choice, refused only where BatchNorm
 * would see a single value per channel.
 * @throws TorchwingError LAST_BATCH_OF_ONE
 */
export function refuseBatchOfOne(config: ResolvedConfig, images: number): void {
  const { batchSize, dropLast, transforms } = config.data;
  if (config.mode === 'extractor' && config.model.frozenBatchNorm === 'eval') return;
  if (batchSize === 1) {
    const [height, width] = outputSize(transforms.train) ?? [DOWNSAMPLING, DOWNSAMPLING];
    if (height > DOWNSAMPLING || width > DOWNSAMPLING) return;
  } else if (dropLast || images % batchSize !== 1) {
    return;
  }
  throw new TorchwingError(
    'LAST_BATCH_OF_ONE',
    `${images} training images in batches of ${batchSize} leave a last batch of one image, which BatchNorm cannot normalise in training.`,
    { hint: 'Set data.dropLast, or another batch size (--batch-size), or add or remove an image.' },
  );
}
