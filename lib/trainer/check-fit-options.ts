import { invalidArgument, objectOf } from '../native/arguments';
import type { FitOptions } from './types';

const CALLBACKS = [
  'onPreflight',
  'onDownload',
  'onEvent',
  'onStart',
  'onProgress',
  'onPhaseEnd',
  'onEpochEnd',
  'onCheckpoint',
  'onWarning',
  'onEnd',
] as const satisfies readonly (keyof FitOptions)[];

/** Before anything is begun that a wrong option would end in the middle. @throws TorchwingError INVALID_ARGUMENT */
export function checkFitOptions(options: FitOptions): void {
  const { signal, resume } = objectOf(options);
  // By what it can do: an AbortSignal of another realm is no instance of ours.
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw invalidArgument('signal', signal, 'an AbortSignal');
  const from = typeof resume === 'object' && resume !== null ? resume.from : resume;
  if (from !== undefined && typeof from !== 'string')
    throw invalidArgument('resume', resume, "'auto', a path, or an object with such a from");
  for (const name of CALLBACKS) {
    const callback = options[name];
    if (callback !== undefined && typeof callback !== 'function')
      throw invalidArgument(name, callback, 'a function');
  }
}
