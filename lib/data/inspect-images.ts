import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import type { NativeImageFacts } from '../native/types';
import type { NativeWarning } from '../native/warnings';
import type { ImageLimits } from './loader-defaults';
import { watchForStalls } from './stall-watch';

/** What one file is, told by reading, hashing and decoding it. */
export type ImageFacts = NativeImageFacts;

export interface InspectOptions {
  limits: ImageLimits;
  /** Threads. */
  workers: number;
  /** Aborting it rejects with its reason, after the files that are being decoded. */
  signal?: AbortSignal;
  /** Files inspected so far, at the start and some times a second. What it throws ends the inspection. */
  onProgress?: (done: number) => void;
  /** Told of files that do not come. */
  onStalled?: (warning: NativeWarning) => void;
}

/** Milliseconds between two looks at the count. */
const PROGRESS_EVERY = 100;

/** The facts of each file, in order, on native threads that the training loop does not use. */
export async function inspectImages(
  paths: readonly string[],
  { limits, workers, signal, onProgress, onStalled }: InspectOptions,
): Promise<ImageFacts[]> {
  signal?.throwIfAborted();
  const addon = await loadNative();
  const inspection = await callNative(() => addon.ImageInspection.create([...paths], { limits, workers }));
  const cancel = () => inspection.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const thrown: unknown[] = [];
  const tell = (listener: () => void) => {
    try {
      if (thrown.length === 0) listener();
    } catch (error) {
      thrown.push(error);
      inspection.cancel();
    }
  };
  const report = () => tell(() => onProgress?.(inspection.done));
  const endWatch = watchForStalls(inspection, (warning) => tell(() => onStalled?.(warning)));
  const timer = setInterval(report, PROGRESS_EVERY);
  try {
    signal?.throwIfAborted();
    report();
    const facts = await callNative(() => inspection.run());
    signal?.throwIfAborted();
    if (thrown.length > 0) throw thrown[0];
    return facts ?? [];
  } finally {
    clearInterval(timer);
    endWatch();
    signal?.removeEventListener('abort', cancel);
    inspection.dispose();
  }
}
