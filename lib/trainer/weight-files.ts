import type { StateDict } from '../model/state-dict';
import type { Best } from './best-epoch';
import type { EventDelivery } from './event-delivery';
import type { Job } from './prepare';
import type { RunFolder } from './run-folder';
import { RECORD_VERSION, type RunRecord, writeRecord } from './run-record';

/** Weights of a run with what they are: the epoch that they come from, null for those from before the first. */
export interface WeightsOrigin {
  epoch: number | null;
  metrics: RunRecord['metrics'];
}

/** The record that goes into a weight file of this run. */
export function describeWeights(job: Job, origin: WeightsOrigin): string {
  const { config, data, versions } = job;
  const { exif, decode, resize } = config.data;
  return writeRecord({
    version: RECORD_VERSION,
    arch: config.model.arch,
    classes: data.classes,
    transforms: { val: config.data.transforms.val },
    reading: { exif, decode, resize },
    layout: config.model.layout,
    precision: config.precision,
    mode: config.mode,
    versions: { torchwing: versions.addon, libtorch: versions.libtorch, node: process.versions.node },
    dataSha256: data.sha256,
    dataContentSha256: data.contentSha256,
    threads: config.threads,
    seed: config.seed,
    ...origin,
  });
}

/** Writes a run's `best.pth` and `last.pth`: weights to predict with. What a run goes on from is a checkpoint. */
export class WeightFiles {
  readonly #job: Job;
  readonly #folder: RunFolder;
  readonly #events: EventDelivery;

  constructor(job: Job, folder: RunFolder, events: EventDelivery) {
    this.#job = job;
    this.#folder = folder;
    this.#events = events;
  }

  /** The model as it is now, as `last.pth`; and as `best.pth` too when this epoch is the best. */
  async afterEpoch(epoch: number, metrics: RunRecord['metrics'], improved: boolean): Promise<void> {
    const state = await this.#job.model.stateDict();
    try {
      if (improved && this.#keepBest) await this.#write('best', state, { epoch, metrics });
      await this.#write('last', state, { epoch, metrics });
    } finally {
      state.dispose();
    }
  }

  /** For a run in which no epoch was better than its start: the weights that it started from, as `best.pth`. */
  async initialAsBest(lastEpoch: number): Promise<void> {
    await this.#writeBest({ epoch: null, metrics: null }, lastEpoch);
  }

  /** For a run that goes on in a folder without them: the best weights so far, as `best.pth`. */
  async restoreBest({ epoch, accuracy, loss }: Best): Promise<void> {
    if (!this.#folder.holds('best')) await this.#writeBest({ epoch, metrics: { accuracy, loss } }, epoch);
  }

  /** For a run that was taken back behind its best epoch: those that were the best before it. */
  async takeBackBest({ epoch, accuracy, loss }: Best): Promise<void> {
    await this.#writeBest({ epoch, metrics: { accuracy, loss } }, epoch);
  }

  get #keepBest(): boolean {
    return this.#job.config.checkpoint.keepBest;
  }

  async #writeBest(origin: WeightsOrigin, epoch: number): Promise<void> {
    if (!this.#keepBest) return;
    const state = await this.#job.session.bestState();
    if (state === null) return;
    try {
      await this.#write('best', state, origin, epoch);
    } finally {
      state.dispose();
    }
  }

  async #write(
    kind: 'best' | 'last',
    state: StateDict,
    origin: WeightsOrigin,
    epoch = origin.epoch,
  ): Promise<void> {
    const path = this.#folder.weightsPath(kind);
    await state.save(path, describeWeights(this.#job, origin));
    await this.#events.emit({ type: 'checkpoint', epoch: epoch ?? 0, path, kind });
  }
}
