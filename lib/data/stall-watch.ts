import type { NativeImageUnderWay } from '../native/types';
import type { NativeWarning } from '../native/warnings';
import { listFew } from './list-few';

/** Seconds that a file may take before it is told of; none that is merely large takes as long. */
const FIRST = 30;

/** What has workers that read files: a loader, an inspection. */
export interface Reading {
  underWay(seconds: number): NativeImageUnderWay[];
}

/**
 * Warns of files that workers wait for, which a disk or a network share no longer gives: first after half a minute, and
 * each time that it has taken twice as long. Reading goes on waiting.
 * @returns what ends it
 */
export function watchForStalls(reading: Reading, warn: (warning: NativeWarning) => void): () => void {
  let due = FIRST;
  const look = () => {
    const stalled = reading.underWay(FIRST);
    const [longest] = stalled;
    if (longest === undefined) due = FIRST;
    if (longest === undefined || longest.seconds < due) return;
    while (due <= longest.seconds) due *= 2;
    warn(stallWarning(stalled));
  };
  const timer = setInterval(look, 1000).unref();
  return () => clearInterval(timer);
}

function stallWarning(stalled: readonly NativeImageUnderWay[]): NativeWarning {
  const files = stalled.map(({ path, seconds }) => `"${path}" (${Math.floor(seconds)} s)`);
  return {
    code: 'DATA_STALLED',
    message: `Waiting for files that do not come: ${listFew(files)}. The disk or the network share may have stopped answering.`,
    hint: 'It goes on as soon as they come, and can be stopped meanwhile; in training that leaves a checkpoint.',
  };
}
