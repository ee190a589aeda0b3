import { ERROR_EXIT_CODES, TorchwingError } from '../native/errors';
import { onNativeWarning } from '../native/load';
import { Predictor } from '../predictor/predictor';
import { warningLines } from '../report/text';
import { EXIT_DONE } from './exit-codes';
import { USAGE } from './flags';
import { helpText } from './help-text';
import { listImages } from './list-images';
import { parseArguments } from './parse-arguments';
import { type ImageResult, predictEach } from './predict-each';
import { PREDICT_HELP } from './predict-flags';
import { predictionTable } from './prediction-table';
import { errorText } from './report-error';
import { Interrupted, withSignals } from './signals';

export const help = helpText(PREDICT_HELP);

const DEFAULT_BATCH_SIZE = 32;

/** `torchwing predict`. An image that cannot be read costs its own line only; the exit code is then 3. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(PREDICT_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  const [weights, ...places] = positionals;
  if (weights === undefined || places.length === 0) {
    throw new TorchwingError(
      USAGE,
      `There ${weights === undefined ? 'are no weights' : 'is no image'} to predict with: expected a weight file and then images or folders.`,
      { hint: 'For example: torchwing predict runs/<run>/best.pth bee.jpg' },
    );
  }
  const images = await listImages(places);
  onNativeWarning((warning) => process.stderr.write(`${warningLines(warning).join('\n')}\n`));
  const predictor = await Predictor.load(weights, {
    ...(flags.device === undefined ? {} : { device: flags.device }),
    ...(flags.precision === undefined ? {} : { precision: flags.precision }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
  });
  let failed = 0;
  const report = (results: readonly ImageResult[]): void => {
    for (const { error } of results) {
      if (error === null) continue;
      failed += 1;
      process.stderr.write(errorText(error, flags.verbose === true));
    }
    const good = results.filter(({ error }) => error === null);
    process.stdout.write(flags.json ? jsonLines(good) : predictionTable(good));
  };
  try {
    const batchSize = flags['batch-size'] ?? DEFAULT_BATCH_SIZE;
    await withSignals(
      async (signal) => {
        const results = predictEach(predictor, images, { topK: flags['top-k'] ?? 1, batchSize, signal });
        if (flags.json) for await (const batch of results) report(batch);
        else report(await collect(results));
      },
      () => {},
    );
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  } finally {
    predictor.dispose();
  }
  return failed === 0 ? EXIT_DONE : ERROR_EXIT_CODES.IMAGE_DECODE;
}

async function collect(batches: AsyncIterable<readonly ImageResult[]>): Promise<ImageResult[]> {
  const all: ImageResult[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

function jsonLines(results: readonly ImageResult[]): string {
  return results.map(({ image, predictions }) => `${JSON.stringify({ image, predictions })}\n`).join('');
}
