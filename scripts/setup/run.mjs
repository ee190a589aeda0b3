/** Runs a child with its output on this terminal, between a heading and the time it took. */
import { spawnSync } from 'node:child_process';

/** A failure whose message is all that the user needs; `exitCode` is the program's. */
export class StepFailure extends Error {
  constructor(message, exitCode = 4) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function heading(title) {
  console.log(`\n==> ${title}`);
}

/**
 * Runs a command to its end; `quiet` says nothing of how long it took.
 * @throws StepFailure when the command cannot be started or does not end with 0
 */
export function run(command, args, { quiet = false, ...options } = {}) {
  const begin = performance.now();
  const result = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (result.error) throw new StepFailure(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    const how = result.signal ? `was ended by ${result.signal}` : `ended with ${result.status}`;
    throw new StepFailure(`${command} ${args.join(' ')} ${how}`, result.status ?? 1);
  }
  if (!quiet) console.log(`    done in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
}

/** What a command prints, or null when it is missing or fails. */
export function outputOf(command, args, input = '') {
  const result = spawnSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  return result.status === 0 ? result.stdout.trim() : null;
}

/** Ends a script that failed: with one line for what a user can cure, with the stack for a fault of the script. */
export function reportFailure(error) {
  console.error(`\nerror: ${error instanceof StepFailure ? error.message : error.stack}`);
  process.exitCode = error instanceof StepFailure ? error.exitCode : 1;
}
