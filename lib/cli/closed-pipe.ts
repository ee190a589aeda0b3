import { EXIT_CLOSED_PIPE } from './exit-codes';

type Listener = () => void;

const listeners = new Set<Listener>();
let closed = false;

/**
 * Ends the program quietly when the reader of its output goes away (`torchwing ... | head`): work that has asked for
 * it by `whenPipeCloses` is left to end by itself, anything else ends here.
 */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      // Every further write fails as well.
      if (closed) return;
      closed = true;
      if (listeners.size === 0) process.exit(EXIT_CLOSED_PIPE);
      for (const listener of listeners) listener();
    });
  }
}

/** Calls `listener` when the reader goes away, instead of ending the program. Returns what takes it back. */
export function whenPipeCloses(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
