import { ERROR_EXIT_CODES, TorchwingError } from '../native/errors';

/** The program's exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  return error instanceof TorchwingError ? ERROR_EXIT_CODES[error.code] : 1;
}

/** What stderr gets: one line `error [CODE] message`, the cure below it, and with `verbose` the stack and its causes. */
export function errorText(error: unknown, verbose: boolean): string {
  const lines: string[] = [];
  if (error instanceof TorchwingError) {
    lines.push(`error [${error.code}] ${error.message}`);
    if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    lines.push(`error [INTERNAL] ${message.split('\n')[0]}`);
    if (!verbose)
      lines.push('hint: This should not happen. Run it again with --verbose and report what it shows.');
  }
  if (verbose) {
    for (let cause = error; cause instanceof Error; cause = cause.cause)
      lines.push(cause.stack ?? cause.message);
  }
  return `${lines.join('\n')}\n`;
}
