import type { ResolvedConfig } from '../config/types';
import { ImageLoader } from '../data/image-loader';
import { type InspectedData, inspectData } from '../data/preflight';
import type { SourceImages } from '../data/source';
import type { DownloadProgress } from '../download/types';
import { type PrepareModelOptions, prepareModel } from '../model/prepare-model';
import type { ResNet } from '../model/resnet';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import type { Precision } from '../native/types';
import { SGD } from '../optim/sgd';
import { StepLR } from '../optim/step-lr';
import { type Version, version } from '../version';
import { refuseBatchOfOne } from './batch-of-one';
import { chooseDevice, requireCudaGraph } from './device';
import { type FetchOptions, fetchData, fetchWeights } from './fetch';
import { checkMemory } from './memory-check';
import { choosePrecision } from './precision';
import { type PreflightProgress, preflight } from './preflight';
import { checkResumed, type Resumed, scheduleChanged } from './resume';
import type { StopControl } from './stop-control';
import { TrainingSession } from './training-session';

/** All that a run needs, ready to train. */
export interface Job {
  /** With device, precision and threads as they are, instead of `auto`. */
  config: ResolvedConfig & { threads: number; precision: Precision };
  data: InspectedData;
  versions: Version;
  model: ResNet;
  optimizer: SGD;
  /** Null: the learning rate stays. */
  scheduler: StepLR | null;
  session: TrainingSession;
  loaders: { train: ImageLoader; val: ImageLoader };
  dispose(): void;
}

/** Who is told how far the preparation is. */
export interface PrepareListeners {
  onPreflight?: ((progress: PreflightProgress) => void) | undefined;
  onDownload?: ((progress: DownloadProgress) => void) | undefined;
}

/**
 * Brings and scans the data, brings and loads the weights, and builds model, optimizer, schedule, loaders and session, the cheap
 * checks first. On a failure nothing is left behind.
 */
export async function prepare(
  resolved: ResolvedConfig,
  warn: PrepareModelOptions['warn'],
  control: StopControl,
  { onPreflight, onDownload }: PrepareListeners = {},
  resumed: Resumed | null = null,
): Promise<Job> {
  const fetching: FetchOptions = { warn, control, onDownload };
  await fetchData(resolved, fetching);
  const found = await control.race(inspectData(resolved));
  if (resolved.data.onBadImage !== 'skip') refuseBatchOfOne(resolved, found.train.images.length);
  // A run that goes on has its weights in the checkpoint.
  const weights = resumed !== null ? null : await fetchWeights(resolved, fetching);
  const threads = await callNative(async () =>
    (await loadNative()).setThreads(resolved.threads === 'auto' ? 0 : resolved.threads),
  );
  const device = await chooseDevice(resolved.device);
  if (resolved.cudaGraph) await requireCudaGraph(device);
  const precision = await choosePrecision(resolved.precision, device);
  const config = { ...resolved, device, precision, threads };
  const data = await preflight(config, found, {
    ...{ warn, control, onPreflight },
    describe: config.output !== null || resumed !== null,
  });
  refuseBatchOfOne(config, data.train.images.length);
  checkMemory(config, data, warn);
  const versions = await version();
  if (resumed !== null) checkResumed(resumed, { config, data, versions }, warn);
  const made: { dispose(): void }[] = [];
  const keep = <Made extends { dispose(): void }>(thing: Made): Made => {
    made.push(thing);
    // What was made after the run was stopped is still freed: `made` has it.
    control.throwIfStopped();
    return thing;
  };
  const dispose = () => {
    for (const thing of made.reverse()) thing.dispose();
    made.length = 0;
  };
  try {
    const { seed, mode } = config;
    const { arch, layout, frozenBatchNorm, weightsPrefix } = config.model;
    const model = keep(
      await prepareModel({
        arch,
        weights,
        weightsPrefix,
        classes: data.classes,
        seed,
        layout,
        precision,
        warn,
      }),
    );
    await model.setTrainable(mode === 'extractor' ? 'head' : 'all', { frozenBatchNorm });
    await model.to(device);
    const optimizer = keep(await SGD.create(model, config.optimizer));
    const scheduler = config.scheduler === null ? null : await StepLR.create(optimizer, config.scheduler);
    const loaders = {
      train: keep(await makeLoader(config, data.train, 'train')),
      val: keep(await makeLoader(config, data.val, 'val')),
    };
    const session = keep(
      await TrainingSession.create({
        model,
        optimizer,
        device,
        mix: { ...config.data.mix, seed },
        labelSmoothing: config.loss.labelSmoothing,
        cudaGraph: config.cudaGraph,
        deterministic: config.deterministic,
      }),
    );
    if (resumed !== null) {
      await session.loadState(resumed.state);
      restoreSchedule(scheduler, resumed, config);
    }
    return {
      config,
      data,
      versions,
      model,
      optimizer,
      scheduler,
      session,
      loaders,
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Another schedule than before counts its own epochs up to where the run stands. */
function restoreSchedule(scheduler: StepLR | null, resumed: Resumed, config: Job['config']): void {
  const before = resumed.record.scheduler;
  if (scheduler === null || before === null) return;
  if (scheduleChanged(resumed, { config })) {
    while (scheduler.lastEpoch < before.lastEpoch) scheduler.step();
    const { lastEpoch, lastLr } = scheduler;
    scheduler.loadState({ lastEpoch, lastLr: lastLr * resumed.record.rollbacks.lrScale });
  } else {
    scheduler.loadState(before);
  }
}

/** The tutorial shuffles both phases; the validation figures do not depend on the order, so only training is shuffled. */
function makeLoader(
  config: ResolvedConfig,
  source: SourceImages,
  phase: 'train' | 'val',
): Promise<ImageLoader> {
  const { transforms, batchSize, workers, dropLast, onBadImage, limits, exif, decode, resize, cache } =
    config.data;
  return ImageLoader.create({
    samples: source.images.map(({ path, label }) => ({ path, label })),
    transforms: transforms[phase],
    batchSize,
    workers,
    seed: config.seed,
    shuffle: phase === 'train',
    dropLast: phase === 'train' && dropLast,
    // Preflight has replaced what was bad then; a file that goes bad later is left out.
    onBadImage: onBadImage === 'error' ? 'error' : 'skip',
    limits,
    exif,
    decode,
    resize,
    cache,
  });
}
