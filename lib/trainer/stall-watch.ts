import type { ImageLoader } from '../data/image-loader';
import { nativeOf } from '../native/arguments';
import type { NativeWarning } from '../native/warnings';

/** Seconds that an image may take before it is told of; no file that is merely large takes as long. */
const FIRST = 30;
/** Files that a warning names. */
const NAMED = 3;

/**
 * Warns of images that a phase has been waiting for, which a disk or a network share no longer gives: first after
 * `first` seconds, and each time that it has taken twice as long. The run goes on waiting.
 * @returns what ends it
 */
export function watchForStalls(
  loader: ImageLoader,
  warn: (warning: NativeWarning) => void,
  first = FIRST,
): () => void {
  const native = nativeOf(loader, 'loader', 'an ImageLoader');
  let due = first;
  const look = () => {
    const stalled = native.underWay(first);
    const [longest] = stalled;
    if (longest === undefined) due = first;
    if (longest === undefined || longest.seconds < due) return;
    while (due <= longest.seconds) due *= 2;
    const named = stalled.slice(0, NAMED).map(({ path, seconds }) => `"${path}" (${Math.floor(seconds)} s)`);
    const more = stalled.length > NAMED ? ` and ${stalled.length - NAMED} more` : '';
    warn({
      code: 'DATA_STALLED',
      message: `Training waits for data that does not come: ${named.join(', ')}${more}. The disk or the network share may have stopped answering.`,
      hint: 'The run goes on as soon as it comes. It can be stopped meanwhile, and leaves a checkpoint then.',
    });
  };
  const timer = setInterval(look, Math.min(1, first / 4) * 1000).unref();
  return () => clearInterval(timer);
}
