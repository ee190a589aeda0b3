import { setupLibTorch } from '../setup/setup-libtorch';
import { EXIT_DONE } from './exit-codes';
import { helpText } from './help-text';
import { parseArguments, refusePositionals } from './parse-arguments';
import { SETUP_HELP } from './setup-flags';
import { Interrupted, withSignals } from './signals';

export const help = helpText(SETUP_HELP);

/** `torchwing setup`: LibTorch on this machine, and where it is. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(SETUP_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  refusePositionals('setup', positionals);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    const { libtorch, installed } = await withSignals(
      (signal) =>
        setupLibTorch({ backend: flags.backend ?? 'auto', force: flags.force === true, say, signal }),
      () => {},
    );
    const { version, backend, root } = libtorch;
    say(`LibTorch ${version} (${backend} build) ${installed ? 'is installed' : 'was found'} in ${root}`);
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  }
}
