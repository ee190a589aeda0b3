import { basename, dirname, join, resolve } from 'node:path';
import type { StateDict } from '../model/state-dict';
import { TorchwingError } from '../native/errors';
import type { NativeWarning } from '../native/warnings';
import { checkpointsIn } from './checkpoint-names';
import { type CheckpointRecord, machineOf } from './checkpoint-record';
import { configDifferences, type Difference, differenceText } from './config-differences';
import { dataDifferences } from './data-differences';
import type { Job } from './prepare';
import { readCheckpoint } from './read-checkpoint';
import { recordedConfig } from './recorded-config';
import type { RunFolder } from './run-folder';
import type { ResumeOption } from './types';

/** A checkpoint that a run goes on from. */
export interface Resumed {
  path: string;
  record: CheckpointRecord;
  state: StateDict;
  /** The run's folder is the checkpoint's own, so that its files go on as well. */
  inPlace: boolean;
  /** Names of the checkpoints in that folder up to this one, the newest last. */
  earlier: string[];
  /** And of those behind it, which are of no use any more: damaged, or left behind when this one was named. */
  later: string[];
  allowChanges: boolean;
}

type Warn = (warning: NativeWarning) => void;

const AROUND =
  'To go on from an earlier one all the same, name it (--resume FILE); those behind it are then removed.';
const ANYWAY = 'Set resume.allowChanges (--resume-anyway) to go on all the same.';

/**
 * Opens the checkpoint that `resume` names, or the newest good one of the run's folder; null when there is none there.
 * Only a damaged one gives way to the one before it. One that cannot be read just now, or that a later torchwing wrote, may
 * be the run's furthest: going on before it would end in its removal.
 * @throws TorchwingError INVALID_ARGUMENT for `auto` without a folder, CHECKPOINT_NOT_FOUND, CHECKPOINT_UNREADABLE,
 *   CHECKPOINT_DAMAGED, CHECKPOINT_UNSUPPORTED
 */
export async function openCheckpoint(
  resume: ResumeOption,
  folder: RunFolder | null,
  warn: Warn,
): Promise<Resumed | null> {
  const { from, allowChanges = false } = typeof resume === 'string' ? { from: resume } : resume;
  if (from !== 'auto') {
    const path = resolve(from);
    const inPlace = folder !== null && resumesIn(path, folder.path);
    const names = inPlace ? await checkpointsIn(folder.path) : [];
    return { ...(await readCheckpoint(path)), ...around(names, basename(path)), path, inPlace, allowChanges };
  }
  if (folder === null) {
    throw new TorchwingError(
      'INVALID_ARGUMENT',
      'Invalid value for "resume": received "auto" without "output", expected a checkpoint\'s path, or the folder of the run.',
    );
  }
  const names = await checkpointsIn(folder.path);
  const damaged: string[] = [];
  let failure: unknown = null;
  for (const name of names) {
    const path = join(folder.path, name);
    try {
      const { earlier } = around(names, name);
      return { ...(await readCheckpoint(path)), earlier, later: damaged, path, inPlace: true, allowChanges };
    } catch (error) {
      if (!(error instanceof TorchwingError) || error.code !== 'CHECKPOINT_DAMAGED') throw kept(error);
      damaged.push(name);
      failure ??= error;
      warn({ code: error.code, message: `${error.message} The one before it is used.` });
    }
  }
  if (failure !== null) throw failure;
  return null;
}

/** What a checkpoint was refused with that may be good, with the way around it. */
function kept(error: unknown): unknown {
  if (!(error instanceof TorchwingError) || !error.code.startsWith('CHECKPOINT_')) return error;
  const { code, message, hint = '' } = error;
  return new TorchwingError(code, message, { hint: `${hint} ${AROUND}`.trimStart(), cause: error });
}

/** Whether a run that resumes so goes on in `folder`, with the files that are there. */
export function resumesIn(resume: ResumeOption, folder: string): boolean {
  const from = typeof resume === 'string' ? resume : resume.from;
  return from === 'auto' || dirname(resolve(from)) === folder;
}

/** `names` come furthest first. */
function around(names: readonly string[], name: string): Pick<Resumed, 'earlier' | 'later'> {
  const at = names.indexOf(name);
  if (at < 0) return { earlier: [], later: [] };
  return { earlier: names.slice(at).reverse(), later: names.slice(0, at) };
}

/**
 * Holds a run against the checkpoint that it is to go on from.
 * @throws TorchwingError RESUME_MISMATCH, naming each setting with both values and the images that differ, unless changes are allowed
 */
export function checkResumed(
  { record, path, allowChanges }: Resumed,
  job: Pick<Job, 'config' | 'data' | 'versions'>,
  warn: Warn,
): void {
  const elsewhere = configDifferences(record.machine, machineOf(job)).filter(
    ({ key }) => key === 'libtorch' || key === 'cpuCapability' || key === 'torchwing',
  );
  if (elsewhere.length > 0) {
    warn({
      code: 'RESUMED_ELSEWHERE',
      message: `The run goes on with other software or another CPU, so its last bits will differ (${list(elsewhere)}).`,
    });
  }
  const differences = [
    ...configDifferences(record.config, recordedConfig(job.config)),
    ...configDifferences({ data: { classes: record.data.classes } }, { data: { classes: job.data.classes } }),
  ].map(differenceText);
  differences.push(...dataDifferences(record.data, job.data));
  if (differences.length === 0) return;
  const told = differences.join('; ');
  if (!allowChanges) {
    throw new TorchwingError(
      'RESUME_MISMATCH',
      `The run of the checkpoint "${path}" was another one: ${told}.`,
      { hint: ANYWAY },
    );
  }
  warn({ code: 'RESUMED_CHANGED', message: `The run goes on changed: ${told}.` });
}

/** Whether the schedule of a resumed run has to be counted anew, because it is another one. */
export function scheduleChanged({ record }: Resumed, job: Pick<Job, 'config'>): boolean {
  return configDifferences(record.config, recordedConfig(job.config)).some(
    ({ key }) => key === 'optimizer.lr' || key === 'scheduler' || key.startsWith('scheduler.'),
  );
}

function list(differences: readonly Difference[]): string {
  return differences.map(differenceText).join('; ');
}
