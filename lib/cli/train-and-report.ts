import { join } from 'node:path';
import type { TrainerConfig } from '../config/types';
import { chooseReporter } from '../report/choose-reporter';
import { Trainer } from '../trainer/trainer';
import { EXIT_DONE } from './exit-codes';
import { Interrupted, withSignals } from './signals';

/** How a finished run ends: what to type next, given its folder. Nothing with `--json`. */
export interface TrainReport {
  json: boolean;
  next: (folder: string) => readonly string[];
}

/**
 * Trains with a live report. The first Ctrl-C stops after the current step and says how to go on.
 * @returns the exit code: 0, or 130 or 143 when interrupted
 * @throws what `Trainer` throws
 */
export async function trainAndReport(config: TrainerConfig, { json, next }: TrainReport): Promise<number> {
  const trainer = new Trainer(config);
  const reporter = chooseReporter({ json, out: process.stdout, err: process.stderr, env: process.env });
  const folder = config.output ?? '.';
  let epochsDone = 0;
  try {
    await withSignals(
      (signal) =>
        trainer.fit({
          signal,
          onEvent: (event) => reporter.event(event),
          onEpochEnd: () => {
            epochsDone += 1;
          },
        }),
      ({ message }) => reporter.note(`${message} Finishing the current step; once more ends at once.`),
    );
    reporter.close();
    if (!json) for (const line of next(folder)) process.stdout.write(`${line}\n`);
    return EXIT_DONE;
  } catch (error) {
    reporter.close();
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write(`${howToGoOn(folder, epochsDone).join('\n')}\n`);
    return error.exitCode;
  } finally {
    trainer.dispose();
  }
}

function howToGoOn(folder: string, epochsDone: number): string[] {
  if (epochsDone === 0) return ['Stopped before the first epoch was done: there are no weights yet.'];
  return [
    `Stopped after ${epochsDone} ${epochsDone === 1 ? 'epoch' : 'epochs'}. The best and the last weights are in ${folder}.`,
    'To go on from the last weights:',
    `  torchwing train --config ${join(folder, 'config.json')} --weights ${join(folder, 'last.pth')}`,
    'To repeat the run from its start:',
    `  torchwing train --config ${join(folder, 'config.json')}`,
  ];
}
