import type { BestEpoch } from './best-epoch';
import type { Checkpoints } from './checkpoints';
import type { EventDelivery } from './event-delivery';
import type { Job } from './prepare';
import { runPhase } from './run-phase';
import type { StopControl } from './stop-control';
import type { EpochSummary } from './types';

/** `best.epoch` of an epochEnd event while no epoch was above an accuracy of 0: the weights from before the first. */
const BEFORE_FIRST = -1;

/**
 * The tutorial's train_model: per epoch a training phase, one step of the schedule, a validation phase, and the best
 * weights kept.
 */
export async function fitLoop(
  job: Job,
  best: BestEpoch,
  events: EventDelivery,
  control: StopControl,
  checkpoints: Checkpoints | null,
): Promise<EpochSummary[]> {
  const { config, session, scheduler } = job;
  const { epochs } = config;
  const history: EpochSummary[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const lr = scheduler?.lastLr ?? config.optimizer.lr;
    const train = await runPhase(job, events, control, { phase: 'train', epoch, lr });
    scheduler?.step();
    const val = await runPhase(job, events, control, { phase: 'val', epoch, lr });
    const improved = best.offer(epoch, val.accuracy, val.loss);
    if (improved) await session.snapshotBest();
    await checkpoints?.afterEpoch(epoch, { accuracy: val.accuracy, loss: val.loss }, improved);
    history.push({ epoch, lr, train, val });
    const { epoch: bestEpoch, accuracy } = best.value ?? { epoch: BEFORE_FIRST, accuracy: 0 };
    await events.emit({
      type: 'epochEnd',
      epoch,
      epochs,
      lr,
      train,
      val,
      best: { epoch: bestEpoch, accuracy },
      improved,
    });
  }
  if (best.value === null) await checkpoints?.initialAsBest(epochs - 1);
  return history;
}
