import type { TrainerConfig } from '../config/types';
import { chooseReporter } from '../report/choose-reporter';
import { downloadLine } from '../report/download-line';
import { Trainer } from '../trainer/trainer';
import { afterInterruption } from './after-training';
import { EXIT_DONE } from './exit-codes';
import { patientCount } from './patient-count';
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
  const preflight = patientCount('Reading images');
  const downloads = downloadLine(process.stderr, process.env);
  let epochsDone = 0;
  try {
    await withSignals(
      (signal) =>
        trainer.fit({
          signal,
          onDownload: (progress) => downloads.show(progress),
          onPreflight: ({ done, total }) => {
            downloads.close();
            preflight.show(done, total);
          },
          onEvent: (event) => {
            downloads.close();
            preflight.close();
            reporter.event(event);
          },
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
    downloads.close();
    preflight.close();
    reporter.close();
    if (!(error instanceof Interrupted)) throw error;
    if (error.heard) process.stderr.write(`${afterInterruption(folder, epochsDone).join('\n')}\n`);
    return error.exitCode;
  } finally {
    trainer.dispose();
  }
}
