/** Exit codes of the program beside those of errors (lib/native/errors.ts). */
export const EXIT_DONE = 0;
/** Interrupted: 128 + the signal's number. */
export const EXIT_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;
/** The reader of our output has gone: 128 + SIGPIPE, what the shell shows for any program that a closed pipe ended. */
export const EXIT_CLOSED_PIPE = 141;
