import { join } from 'node:path';
import { DEMO_DRAWN_SIZE, DEMO_IMAGES, demoConfig } from '../demo/demo-config';
import { INSECT_CLASSES } from '../demo/draw-insects';
import { insectPath, writeInsects } from '../demo/write-insects';
import { Predictor } from '../predictor/predictor';
import { countLine } from '../report/count-line';
import { RunFolder } from '../trainer/run-folder';
import { commandLine } from './command-line';
import { DEMO_HELP } from './demo-flags';
import { EXIT_DONE } from './exit-codes';
import { helpText } from './help-text';
import { parseArguments, refusePositionals } from './parse-arguments';
import { predictEach } from './predict-each';
import { predictionTable } from './prediction-table';
import { defaultRunFolder } from './run-folder-name';
import { Interrupted, withSignals } from './signals';
import { trainAndReport } from './train-and-report';

export const help = helpText(DEMO_HELP);

const DEFAULT_SEED = 101;

/** `torchwing demo`: what `npm start` runs. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(DEMO_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  refusePositionals('demo', positionals);
  const json = flags.json === true;
  const overwrite = flags.overwrite === true;
  const output = flags.output ?? defaultRunFolder('demo', new Date());
  // A folder that holds a run is refused before the minute is spent.
  await (await RunFolder.open(output, overwrite ? 'overwrite' : 'refuse')).close();
  const images = join(output, 'images');
  try {
    await draw(images, flags.seed ?? DEFAULT_SEED, json);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  }
  const code = await trainAndReport(
    {
      ...demoConfig(images, output),
      overwrite,
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    },
    { json, next: () => [] },
  );
  if (code !== EXIT_DONE || json) return code;
  await predictTwo(join(output, 'best.pth'), images);
  process.stdout.write(`${realJob(output).join('\n')}\n`);
  return EXIT_DONE;
}

async function draw(images: string, seed: number, json: boolean): Promise<void> {
  const line = json
    ? null
    : countLine(process.stdout, process.env, `Drawing ants and bees from seed ${seed}`);
  await withSignals(
    (signal) =>
      writeInsects(images, {
        seed,
        size: DEMO_DRAWN_SIZE,
        perClass: DEMO_IMAGES,
        signal,
        onProgress: (drawn, total) => line?.show(drawn, total),
      }),
    () => {},
  ).finally(() => line?.close());
}

async function predictTwo(weights: string, images: string): Promise<void> {
  const predictor = await Predictor.load(weights);
  try {
    const files = INSECT_CLASSES.map((insect) => join(images, insectPath('val', insect, 0)));
    process.stdout.write('Two images that the model has not trained on:\n');
    for await (const results of predictEach(predictor, files, { topK: 2, batchSize: files.length })) {
      process.stdout.write(predictionTable(results));
    }
  } finally {
    predictor.dispose();
  }
}

function realJob(output: string): string[] {
  return [
    '',
    `The images, the weights and the figures are in ${output}.`,
    'Next, the real job, on a folder of your photos with train/<class>/ and val/<class>/:',
    `  ${commandLine('train', '--data', 'PHOTOS')}`,
    'It starts from ImageNet weights, downloaded once. On photos without a val/ folder:',
    `  ${commandLine('train', '--data', 'PHOTOS', '--val-split', '0.2')}`,
  ];
}
