import type { NativeWarning } from '../native/warnings';
import { removeCheckpoints } from './checkpoint-names';
import type { EventContent } from './event-delivery';
import type { Job } from './prepare';
import type { Resumed } from './resume';
import type { RunFolder } from './run-folder';

/** Makes the folder ready for the first event: a new run's, or one that goes on in its own folder. */
export async function beginFolder(
  folder: RunFolder,
  { config }: Job,
  resumed: Resumed | null,
  warn: (warning: NativeWarning) => void,
): Promise<void> {
  if (resumed === null || !resumed.inPlace) return folder.begin(config);
  const { metricsBytes } = resumed.record.position;
  if (!(await folder.goOn(config, metricsBytes))) {
    warn({
      code: 'METRICS_INCOMPLETE',
      message: `metrics.jsonl is shorter than when the checkpoint was written (${metricsBytes} bytes): lines are missing.`,
    });
  }
  // They belong to what is trained again from here on, and the newest would be found by the next --resume auto.
  await removeCheckpoints(folder.path, resumed.later);
}

/** What the start event says. */
export function describeStart(
  { config, data, versions }: Job,
  resumed: Resumed | null,
): Omit<Extract<EventContent, { type: 'start' }>, 'type'> {
  const start = {
    config,
    classes: data.classes,
    counts: { train: data.train.images.length, val: data.val.images.length },
    device: config.device,
    threads: config.threads,
    workers: config.data.workers,
    versions: {
      torchwing: versions.addon,
      libtorch: versions.libtorch,
      node: process.versions.node,
      cpuCapability: versions.cpuCapability,
    },
  };
  if (resumed === null) return start;
  const { epoch, phase, step } = resumed.record.position;
  return { ...start, resumed: { from: resumed.path, epoch, phase, step } };
}
