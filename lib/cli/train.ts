import { afterTraining } from './after-training';
import { EXIT_DONE } from './exit-codes';
import { helpText } from './help-text';
import { parseArguments, refusePositionals } from './parse-arguments';
import { trainAndReport } from './train-and-report';
import { trainConfig } from './train-config';
import { TRAIN_HELP } from './train-flags';

export const help = helpText(TRAIN_HELP);

/** `torchwing train`. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(TRAIN_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  refusePositionals('train', positionals);
  const config = await trainConfig(flags, new Date());
  return trainAndReport(config, {
    json: flags.json === true,
    resume:
      flags.resume === undefined
        ? undefined
        : { from: flags.resume, allowChanges: flags['resume-anyway'] === true },
    next: (folder) => afterTraining(folder, config.checkpoint?.keepBest),
  });
}
