import type { CheckpointWriter } from './checkpoint-writer';
import type { EventDelivery } from './event-delivery';
import type { Job } from './prepare';
import { currentLr, type Rollback } from './rollback';
import type { RunFolder } from './run-folder';
import { runPhase } from './run-phase';
import { phaseStart, type RunState } from './run-state';
import type { StopControl } from './stop-control';
import type { WeightFiles } from './weight-files';

/** `best.epoch` of an epochEnd event while no epoch was above an accuracy of 0: the weights from before the first. */
const BEFORE_FIRST = -1;

/** What a run writes; null for one without a folder. */
export interface RunOutput {
  folder: RunFolder;
  weights: WeightFiles;
  checkpoints: CheckpointWriter;
}

/** What a run consists of. */
export interface RunParts {
  job: Job;
  run: RunState;
  events: EventDelivery;
  control: StopControl;
  output: RunOutput | null;
}

export interface FitLoop extends RunParts {
  rollback: Rollback;
}

/**
 * The tutorial's train_model: per epoch a training phase, one step of the schedule, a validation phase, and the best
 * weights kept; from wherever the run stands.
 */
export async function fitLoop(loop: FitLoop): Promise<void> {
  const { job, run, output, rollback } = loop;
  const { epochs } = job.config;
  while (run.position.epoch < epochs) {
    await rollback.mark();
    try {
      if (run.position.phase === 'train') await trainingPhase(loop);
      await validationPhase(loop);
    } catch (error) {
      await rollback.back(error);
      continue;
    }
    const { everyEpochs } = job.config.checkpoint;
    if (everyEpochs > 0 && run.position.epoch % everyEpochs === 0) await output?.checkpoints.begin();
  }
  if (run.best.value === null) await output?.weights.initialAsBest(epochs - 1);
}

async function trainingPhase(loop: FitLoop): Promise<void> {
  const { run, job, output } = loop;
  const { epoch } = run.position;
  const lr = currentLr(job, run);
  const metrics = await runPhase(loop, lr);
  // Nothing is awaited between these: a checkpoint holds both or none.
  job.scheduler?.step();
  run.position = phaseStart(epoch, 'val', {
    trained: { metrics, lr },
    metricsBytes: output?.folder.metricsBytes ?? 0,
  });
}

async function validationPhase(loop: FitLoop): Promise<void> {
  const { job, run, events, output } = loop;
  const { epoch, trained } = run.position;
  const { config, session } = job;
  const { metrics: train, lr } = trained ?? unreachable();
  const val = await runPhase(loop, lr);
  const improved = run.best.offer(epoch, val.accuracy, val.loss);
  if (improved) await session.snapshotBest();
  await output?.weights.afterEpoch(epoch, { accuracy: val.accuracy, loss: val.loss }, improved);
  const { epoch: bestEpoch, accuracy } = run.best.value ?? { epoch: BEFORE_FIRST, accuracy: 0 };
  await events.emit({
    type: 'epochEnd',
    epoch,
    epochs: config.epochs,
    lr,
    train,
    val,
    best: { epoch: bestEpoch, accuracy },
    improved,
  });
  run.history.push({ epoch, lr, train, val });
  run.position = phaseStart(epoch + 1, 'train', { metricsBytes: output?.folder.metricsBytes ?? 0 });
}

function unreachable(): never {
  throw new Error('A validation phase has a training phase before it.');
}
