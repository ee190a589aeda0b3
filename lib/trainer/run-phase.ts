import { TorchwingError } from '../native/errors';
import type { Phase } from '../native/types';
import type { EventDelivery } from './event-delivery';
import type { PhaseMetrics } from './events';
import type { Job } from './prepare';
import type { StopControl } from './stop-control';

/**
 * One phase of one epoch with its events.
 * @throws what stopped the run; TorchwingError DATASET_EMPTY when no image was left to count
 */
export async function runPhase(
  job: Job,
  events: EventDelivery,
  control: StopControl,
  at: { phase: Phase; epoch: number; lr: number },
): Promise<PhaseMetrics> {
  const { phase, epoch, lr } = at;
  const { epochs } = job.config;
  control.throwIfStopped();
  const forget = control.onStop(() => job.session.stop());
  try {
    const result = await job.session.runEpoch(
      { phase, loader: job.loaders[phase], epoch, lr },
      (progress) => {
        const { step, steps, images, loss, accuracy, seconds } = progress;
        const imagesPerSecond = rate(images, seconds);
        const secondsLeft = step > 0 ? ((steps - step) * seconds) / step : 0;
        events.offerProgress({
          type: 'progress',
          phase,
          epoch,
          epochs,
          step,
          steps,
          images,
          loss,
          accuracy,
          imagesPerSecond,
          secondsLeft,
        });
      },
    );
    control.throwIfStopped();
    const { images, correct, lossSum, seconds, waitSeconds, costs } = result;
    if (images === 0) throw nothingCounted(phase, costs.skipped.length);
    const metrics: PhaseMetrics = {
      loss: lossSum / images,
      accuracy: correct / images,
      seconds,
      imagesPerSecond: rate(images, seconds),
    };
    const { read, decode, resize, otherTransforms } = costs;
    await events.emit({
      type: 'phaseEnd',
      phase,
      epoch,
      epochs,
      images,
      skipped: costs.skipped.length,
      ...metrics,
      costs: { read, decode, resize, otherTransforms, wait: waitSeconds },
      cache: { hits: costs.cacheHits, bytes: costs.cacheBytes },
    });
    return metrics;
  } finally {
    forget();
  }
}

function rate(images: number, seconds: number): number {
  return seconds > 0 ? images / seconds : 0;
}

function nothingCounted(phase: Phase, skipped: number): TorchwingError {
  return new TorchwingError(
    'DATASET_EMPTY',
    skipped > 0
      ? `No image of the ${phase} phase could be decoded (${skipped} skipped).`
      : `The ${phase} phase has no full batch.`,
    skipped > 0
      ? { hint: 'Set data.onBadImage to "error" to see why.' }
      : { hint: 'Lower the batch size, or leave data.dropLast out.' },
  );
}
