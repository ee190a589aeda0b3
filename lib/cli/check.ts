import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { checkData, type PhaseSource } from '../data/check-data';
import { type DataReport, reportData } from '../data/data-report';
import { isFolder } from '../data/folder-entries';
import { DEFAULT_LIMITS } from '../data/loader-defaults';
import { openSource } from '../data/source';
import { ERROR_EXIT_CODES, TorchwingError } from '../native/errors';
import { CHECK_HELP } from './check-flags';
import { checkText } from './check-text';
import { EXIT_DONE } from './exit-codes';
import { USAGE } from './flags';
import { helpText } from './help-text';
import { parseArguments } from './parse-arguments';
import { patientCount } from './patient-count';
import { Interrupted, withSignals } from './signals';

export const help = helpText(CHECK_HELP);

/** `torchwing check`. What is wrong with the data is printed; the exit code is 3 when a file cannot be used. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(CHECK_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  const phases = await openPhases(oneFolder(positionals), flags['val-split'], flags.seed ?? 0);
  const progress = patientCount('Reading images');
  let report: DataReport;
  try {
    const checked = await withSignals(
      (signal) =>
        checkData(phases, {
          limits: {
            ...DEFAULT_LIMITS,
            ...(flags['max-pixels'] === undefined ? {} : { pixels: flags['max-pixels'] }),
            ...(flags['max-bytes'] === undefined ? {} : { fileBytes: flags['max-bytes'] }),
          },
          workers: flags.workers ?? availableParallelism(),
          signal,
          onProgress: progress.show,
          onStalled: ({ message }) => process.stderr.write(`${message}\n`),
          ...(flags['no-cache'] ? { cache: null } : {}),
        }),
      () => {},
    );
    report = reportData(phases, checked);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  } finally {
    progress.close();
  }
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : checkText(report));
  return report.unusable.length === 0 ? EXIT_DONE : ERROR_EXIT_CODES.IMAGE_DECODE;
}

function oneFolder([dir, ...more]: readonly string[]): string {
  // Absolute, as training has it: verdicts are kept by path.
  if (dir !== undefined && more.length === 0) return resolve(dir);
  throw new TorchwingError(
    USAGE,
    dir === undefined
      ? 'There is no folder to check.'
      : `Unexpected argument "${more[0]}": expected one folder.`,
    { hint: 'For example: torchwing check ./photos' },
  );
}

/** train/ and val/ of the folder, its two parts, or the folder itself as one phase. */
async function openPhases(dir: string, valSplit: number | undefined, seed: number): Promise<PhaseSource[]> {
  if (valSplit !== undefined) {
    const part = async (split: 'train' | 'val') => ({
      phase: split,
      source: await openSource({ dir, split, valSplit }, seed),
    });
    return [await part('train'), await part('val')];
  }
  const names = ['train', 'val'] as const;
  const folders = names.map((name) => join(dir, name));
  const there = await Promise.all(folders.map(isFolder));
  if (!there.some(Boolean)) return [{ phase: 'all', source: await openSource({ dir }, seed) }];
  const found: PhaseSource[] = [];
  for (const [at, phase] of names.entries())
    found.push({ phase, source: await openSource({ dir: folders[at] as string }, seed) });
  return found;
}
