import type { TrainerConfig } from '../config/types';
import { chooseReporter } from '../report/choose-reporter';
import { downloadLine } from '../report/download-line';
import { latestCheckpoint } from '../trainer/checkpoint-names';
import { Trainer } from '../trainer/trainer';
import type { ResumeOption } from '../trainer/types';
import { afterInterruption } from './after-training';
import { EXIT_DONE } from './exit-codes';
import { patientCount } from './patient-count';
import { Interrupted, withSignals } from './signals';

/** How a finished run ends: what to type next, given its folder. Nothing with `--json`. */
export interface TrainReport {
  json: boolean;
  /** What to go on from; default: nothing. */
  resume?: ResumeOption | undefined;
  next: (folder: string) => readonly string[];
}

/**
 * Trains with a live report. The first Ctrl-C and the time limit stop after the current step with a checkpoint, and say how
 * to go on; SIGUSR2 writes a checkpoint and goes on.
 * @returns the exit code: 0, or 130 or 143 when interrupted
 * @throws what `Trainer` throws
 */
export async function trainAndReport(
  config: TrainerConfig,
  { json, next, resume }: TrainReport,
): Promise<number> {
  // cuBLAS reads it at its first use; the program's environment is the program's to set.
  if (config.deterministic) process.env['CUBLAS_WORKSPACE_CONFIG'] ??= ':4096:8';
  const trainer = new Trainer(config);
  const reporter = chooseReporter({ json, out: process.stdout, err: process.stderr, env: process.env });
  const folder = config.output ?? '.';
  const preflight = patientCount('Reading images');
  const downloads = downloadLine(process.stderr, process.env);
  const onUserSignal = (): void => void trainer.checkpoint();
  process.on('SIGUSR2', onUserSignal);
  try {
    const { stopped } = await withSignals(
      (signal) =>
        trainer.fit({
          signal,
          resume,
          onDownload: (progress) => downloads.show(progress),
          onPreflight: ({ done, total, warning }) => {
            downloads.close();
            preflight.show(done, total);
            if (warning !== undefined) reporter.note(warning.message);
          },
          onEvent: (event) => {
            downloads.close();
            preflight.close();
            reporter.event(event);
          },
        }),
      ({ message }) => reporter.note(`${message} Finishing the current step; once more ends at once.`),
    ).finally(() => {
      downloads.close();
      preflight.close();
      reporter.close();
    });
    if (stopped === 'timeLimit') await sayHowToGoOn(folder);
    else if (!json) for (const line of next(folder)) process.stdout.write(`${line}\n`);
    return EXIT_DONE;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    if (error.heard) await sayHowToGoOn(folder);
    return error.exitCode;
  } finally {
    process.off('SIGUSR2', onUserSignal);
    trainer.dispose();
  }
}

async function sayHowToGoOn(folder: string): Promise<void> {
  const lines = afterInterruption(folder, await latestCheckpoint(folder));
  process.stderr.write(`${lines.join('\n')}\n`);
}
