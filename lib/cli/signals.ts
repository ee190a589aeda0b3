import { whenPipeCloses } from './closed-pipe';
import { EXIT_CLOSED_PIPE, EXIT_SIGNAL } from './exit-codes';

/** Why a command was stopped from outside; the reason of the signal that `withSignals` gives. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  /** @param by a signal, or that nobody reads the output any more, of which nothing is to be said */
  constructor(by: keyof typeof EXIT_SIGNAL | 'closed pipe') {
    super(`Interrupted by ${by}.`);
    this.exitCode = by === 'closed pipe' ? EXIT_CLOSED_PIPE : EXIT_SIGNAL[by];
  }

  /** Whether somebody may still be reading. */
  get heard(): boolean {
    return this.exitCode !== EXIT_CLOSED_PIPE;
  }
}

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts, or a closed pipe, so that it can end cleanly; the
 * second SIGINT or SIGTERM ends the process at once. Only the program does this: the library leaves signals to its
 * host.
 * @param onFirst told once, at the first SIGINT or SIGTERM
 */
export async function withSignals<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  onFirst: (interrupted: Interrupted) => void,
): Promise<Result> {
  const controller = new AbortController();
  const listen = (name: keyof typeof EXIT_SIGNAL) => (): void => {
    if (controller.signal.aborted) {
      process.exit(EXIT_SIGNAL[name]);
    } else {
      const interrupted = new Interrupted(name);
      controller.abort(interrupted);
      onFirst(interrupted);
    }
  };
  const onInterrupt = listen('SIGINT');
  const onTerminate = listen('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  const forget = whenPipeCloses(() => controller.abort(new Interrupted('closed pipe')));
  try {
    return await work(controller.signal);
  } finally {
    forget();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  }
}
