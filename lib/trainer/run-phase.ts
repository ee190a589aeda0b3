import { watchForStalls } from '../data/stall-watch';
import { nativeOf } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import type { Phase } from '../native/types';
import type { EventContent } from './event-delivery';
import type { PhaseMetrics } from './events';
import type { FitLoop } from './fit-loop';
import type { Job } from './prepare';

/**
 * The phase at which the run stands, or what is left of it, with its events. However it ends, the run's position says
 * where it can go on.
 * @throws what stopped the run; TorchwingError DATASET_EMPTY when no image was left to count
 */
export async function runPhase(
  { job, run, events, control, output }: FitLoop,
  lr: number,
): Promise<PhaseMetrics> {
  const metricsBytes = output?.folder.metricsBytes ?? 0;
  run.position = { ...run.position, metricsBytes };
  const { phase, epoch, step: startStep, counts: before } = run.position;
  const { epochs, checkpoint, autoBatch } = job.config;
  control.throwIfStopped();
  const forget = control.onStop(() => job.session.stop());
  const reading = nativeOf(job.loaders[phase], 'loader', 'an ImageLoader');
  const endWatch = watchForStalls(reading, (warning) => events.post({ type: 'warning', ...warning }));
  try {
    const result = await job.session.runEpoch(
      {
        phase,
        loader: job.loaders[phase],
        epoch,
        lr,
        startStep,
        before,
        snapshotEvery: checkpoint.everySteps,
        autoBatch,
        microBatch: run.microBatch[phase],
      },
      (progress) => {
        const { step, steps, images, loss, accuracy, seconds } = progress;
        const done = step - startStep;
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
          imagesPerSecond: rate(images - before.images, seconds),
          secondsLeft: done > 0 ? ((steps - step) * seconds) / done : 0,
        });
      },
      output === null ? null : (position, state) => output.checkpoints.take(position, state),
      (microBatch, batch) => events.post(halved(job.config, phase, microBatch, batch)),
    );
    const { images, correct, lossSum, skipped, seconds, waitSeconds, costs, deviceMemory } = result;
    run.microBatch[phase] = result.microBatch;
    run.position = { ...run.position, step: result.nextStep, counts: { images, correct, lossSum, skipped } };
    control.throwIfStopped();
    if (images === 0) throw nothingCounted(phase, skipped);
    const metrics: PhaseMetrics = {
      loss: lossSum / images,
      accuracy: correct / images,
      seconds,
      imagesPerSecond: rate(images - before.images, seconds),
    };
    const { read, decode, resize, otherTransforms } = costs;
    await events.emit({
      type: 'phaseEnd',
      phase,
      epoch,
      epochs,
      images,
      skipped,
      ...metrics,
      costs: { read, decode, resize, otherTransforms, wait: waitSeconds },
      cache: { hits: costs.cacheHits, bytes: costs.cacheBytes },
      memory: { resident: residentBytes(), device: deviceMemory },
    });
    return metrics;
  } finally {
    endWatch();
    forget();
  }
}

function halved(
  { mode, model }: Job['config'],
  phase: Phase,
  microBatch: number,
  images: number,
): Extract<EventContent, { type: 'warning' }> {
  const normalised = phase === 'train' && !(mode === 'extractor' && model.frozenBatchNorm === 'eval');
  const kept = phase === 'train' ? ' and their gradients summed, so the optimizer steps as before' : '';
  return {
    type: 'warning',
    code: 'MICRO_BATCH',
    message: `Memory ran out for a ${phase} batch of ${images} images: from here on ${phase} batches are computed in parts of ${microBatch}${kept}.${normalised ? ' BatchNorm sees the smaller parts, so the figures differ from those of whole batches.' : ''}`,
    hint: `A batch size of ${microBatch} (--batch-size) spares the attempts; a smaller image size leaves room for whole batches.`,
  };
}

/** Resident and not the most of a phase: the kernel's mark is of the whole life of the process. */
function residentBytes(): number | null {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null; // a container without /proc
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
