import { join } from 'node:path';
import type { StateDict } from '../model/state-dict';
import { TorchwingError } from '../native/errors';
import { checkpointName, checkpointsBehind, checkpointsIn } from './checkpoint-names';
import type { CheckpointRecord } from './checkpoint-record';
import type { RunParts } from './fit-loop';
import type { Job } from './prepare';
import { readCheckpoint } from './read-checkpoint';
import { phaseStart, type RunPosition, type RunState } from './run-state';

/** A state that a run can go back to. */
export interface RollbackPoint {
  state: StateDict;
  record: Pick<CheckpointRecord, 'position' | 'scheduler' | 'rollbacks' | 'history' | 'best'>;
}

export interface RollbackParts extends RunParts {
  /** What the run went on from: the point of an epoch whose start it has not seen. */
  resumed: RollbackPoint | null;
}

/**
 * What a run does about a loss that is not finite (`loss.onBadLoss`). It goes back to the start of the epoch and not to
 * a later checkpoint, of which there are others in a run that was interrupted: so that run ends with the same bits.
 */
export class Rollback {
  readonly #parts: RollbackParts;
  /** Of a run without a folder. */
  #held: RollbackPoint | null = null;
  /** Where the run was last taken back to. */
  #returned: RunPosition | null = null;

  constructor(parts: RollbackParts) {
    this.#parts = parts;
  }

  /** Between two epochs: makes sure that there is something to go back to. */
  async mark(): Promise<void> {
    const { job, run, output } = this.#parts;
    const { position, rollbacks } = run;
    if (job.config.loss.onBadLoss === 'stop' || position.phase !== 'train' || position.step > 0) return;
    if (output !== null) return output.checkpoints.pin();
    const { history, best } = run;
    const scheduler = job.scheduler?.state() ?? null;
    const record = { position, scheduler, rollbacks, history: [...history], best: best.value };
    const state = await job.session.state();
    this.#held?.state.dispose();
    this.#held = { state, record };
  }

  /**
   * Takes the run back behind a loss that was not finite.
   * @throws `error` itself when it is something else, or the run is not to go back; LOSS_NOT_FINITE when it has been
   *   taken back often enough, or cannot be
   */
  async back(error: unknown): Promise<void> {
    const { job, run, events, control, output } = this.#parts;
    const { onBadLoss, rollback } = job.config.loss;
    if (!isBadLoss(error) || onBadLoss === 'stop' || control.stopped) throw error;
    if (run.rollbacks.made >= rollback.max) throw givenUp(error, run, this.#lr);
    // What it still has to write comes first: it is cut off again.
    await output?.checkpoints.settled();
    await events.settled();
    await this.#withPoint(error, async ({ state, record }) => {
      await job.session.loadState(state);
      const made = run.rollbacks.made + 1;
      // The point's own rate may have been lowered already, by some of the rollbacks.
      const lower = (value: number) => lowered(value, rollback.lrFactor, made - record.rollbacks.made);
      run.rollbacks = { made, lrScale: lower(record.rollbacks.lrScale) };
      const { scheduler, position } = record;
      if (scheduler !== null) job.scheduler?.loadState({ ...scheduler, lastLr: lower(scheduler.lastLr) });
      await output?.folder.cutBack(position.metricsBytes);
      const undone = run.best.value?.epoch !== record.best?.epoch;
      run.takeBack(record);
      run.position = this.#returned = position;
      if (undone && record.best !== null) await output?.weights.takeBackBest(record.best);
      await events.emit({
        type: 'warning',
        code: 'ROLLED_BACK',
        message: `${error.message} The run went back to step ${position.step} of epoch ${position.epoch}, with a learning rate of ${shown(this.#lr)} (rollback ${made} of ${rollback.max}).`,
      });
      run.position = { ...position, metricsBytes: output?.folder.metricsBytes ?? 0 };
    });
    await output?.checkpoints.restart();
  }

  /** Frees what was held in memory. */
  dispose(): void {
    this.#held?.state.dispose();
    this.#held = null;
  }

  get #lr(): number {
    return currentLr(this.#parts.job, this.#parts.run);
  }

  /** Hands on the start of the epoch; where that cannot be had, the furthest place before it that can. */
  async #withPoint(error: TorchwingError, use: (point: RollbackPoint) => Promise<void>): Promise<void> {
    const { run, output, resumed } = this.#parts;
    const held = this.#held ?? output?.checkpoints.unwritten ?? null;
    if (held !== null) return use(held);
    const start = checkpointName(phaseStart(run.position.epoch, 'train'));
    const failures: unknown[] = [];
    const useFile = async (name: string): Promise<boolean> => {
      const point = await this.#read(name).catch((reason: unknown) => void failures.push(reason));
      if (point == null) return false;
      try {
        await use(point);
      } finally {
        point.state.dispose();
      }
      return true;
    };
    if (output !== null && (await useFile(start))) return;
    if (resumed !== null && resumed.record.position.epoch === run.position.epoch) return use(resumed);
    for (const name of await this.#before(start)) if (await useFile(name)) return;
    const [missing] = failures;
    throw new TorchwingError(error.code, `${error.message} There is nothing to roll back to.`, {
      hint: missing instanceof Error ? missing.message : (error.hint ?? ''),
      cause: error,
    });
  }

  /** The checkpoint of that name; null for one of another run. */
  async #read(name: string): Promise<RollbackPoint | null> {
    const { output, events } = this.#parts;
    const path = join(output?.folder.path ?? '', name);
    const point = await readCheckpoint(path);
    if (point.record.runId === events.runId) return point;
    point.state.dispose();
    return null;
  }

  /** Checkpoints before the epoch's start, or up to the place in the epoch that the run was taken back to; the furthest first. */
  async #before(start: string): Promise<string[]> {
    const { output, run } = this.#parts;
    if (output === null) return [];
    const { path } = output.folder;
    const returned = this.#returned?.epoch === run.position.epoch ? this.#returned : null;
    const behind = await checkpointsBehind(path, returned === null ? start : checkpointName(returned));
    return (await checkpointsIn(path)).filter((name) => name !== start && !behind.includes(name));
  }
}

/** The learning rate of the epoch at which a run stands. */
export function currentLr({ scheduler, config }: Pick<Job, 'scheduler' | 'config'>, run: RunState): number {
  return scheduler?.lastLr ?? config.optimizer.lr * run.rollbacks.lrScale;
}

function isBadLoss(error: unknown): error is TorchwingError {
  return error instanceof TorchwingError && error.code === 'LOSS_NOT_FINITE';
}

function lowered(value: number, factor: number, times: number): number {
  let result = value;
  for (let i = 0; i < times; i += 1) result *= factor;
  return result;
}

/** Without the last digits of a product. */
function shown(lr: number): number {
  return Number(lr.toPrecision(6));
}

function givenUp(error: TorchwingError, { rollbacks: { made } }: RunState, lr: number): TorchwingError {
  return new TorchwingError(
    error.code,
    `${error.message} The run had been rolled back ${made} ${made === 1 ? 'time' : 'times'}, down to a learning rate of ${shown(lr)}.`,
    {
      hint: 'Start with a lower learning rate. If that does not help, look for what is wrong with the data or the weights.',
      cause: error,
    },
  );
}
