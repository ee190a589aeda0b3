import { EXIT_CLOSED_PIPE } from './exit-codes';

/**
 * Ends the program quietly when the reader of its output goes away (`torchwing ... | head`). Weights are written
 * atomically, so nothing is left half done.
 */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT_CLOSED_PIPE);
      throw error;
    });
  }
}
