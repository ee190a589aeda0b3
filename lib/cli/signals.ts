import { EXIT_SIGNAL } from './exit-codes';

/** Why a command was stopped from outside; the reason of the signal that `withSignals` gives. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_SIGNAL) {
    super(`Interrupted by ${signal}.`);
    this.exitCode = EXIT_SIGNAL[signal];
  }
}

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts, so that it can end cleanly; the second one ends
 * the process at once. Only the program does this: the library leaves signals to its host.
 * @param onFirst told once, at the first signal
 */
export async function withSignals<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  onFirst: (interrupted: Interrupted) => void,
): Promise<Result> {
  const controller = new AbortController();
  const listen = (name: keyof typeof EXIT_SIGNAL) => (): void => {
    if (controller.signal.aborted) process.exit(EXIT_SIGNAL[name]);
    const interrupted = new Interrupted(name);
    controller.abort(interrupted);
    onFirst(interrupted);
  };
  const onInterrupt = listen('SIGINT');
  const onTerminate = listen('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  }
}
