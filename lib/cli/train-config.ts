import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfigFile } from '../config/load-file';
import { mergeConfig } from '../config/merge';
import type { TrainerConfig, WeightsChoice } from '../config/types';
import { WEIGHTS_NAMES, type WeightsName } from '../model/weights-catalogue';
import { TorchwingError } from '../native/errors';
import { USAGE } from './flags';
import { defaultRunFolder } from './run-folder-name';
import type { TrainFlags } from './train-flags';

/**
 * The configuration that the flags ask for: flags over the config file over the defaults. It always has an output
 * folder.
 * @throws TorchwingError USAGE without data; CONFIG_NOT_FOUND or INVALID_CONFIG for the config file
 */
export async function trainConfig(flags: TrainFlags, now: Date): Promise<TrainerConfig> {
  const resumed = resumedFolder(flags);
  const configFile = flags.config ?? (resumed === null ? undefined : configOf(resumed));
  const file = configFile === undefined ? {} : await loadConfigFile(configFile);
  // A run's config.json holds finished transforms; asking for another size asks for new ones.
  const base = flags['image-size'] === undefined ? file : withoutTransforms(file);
  const merged = mergeConfig(base, fromFlags(flags));
  if (merged.data === undefined) {
    throw new TorchwingError(
      USAGE,
      'There is no data to train on: expected --data DIR, --dataset NAME, or --config FILE.',
      {
        hint: 'For example: torchwing train --data ./photos, where ./photos has train/ and val/; or torchwing train --dataset hymenoptera. Type torchwing train --help for all flags.',
      },
    );
  }
  return { ...merged, output: merged.output ?? resumed ?? defaultRunFolder(merged.mode ?? 'finetune', now) };
}

/** The folder with the settings of the run that is to go on; null for a new run. */
function resumedFolder({ resume, output }: TrainFlags): string | null {
  if (resume === undefined) return null;
  // Also where the run goes on in another folder, which knows nothing of it yet.
  if (resume !== 'auto') return dirname(resume);
  if (output !== undefined) return output;
  throw new TorchwingError(
    USAGE,
    'There is no run to go on with: expected --output DIR beside --resume auto.',
    {
      hint: 'Name the folder of the run, or a checkpoint in it: --resume DIR/checkpoint-….pth.',
    },
  );
}

/** The configuration that a run's folder records; undefined before there is one. */
function configOf(folder: string): string | undefined {
  const file = join(folder, 'config.json');
  return existsSync(file) ? file : undefined;
}

function fromFlags(flags: TrainFlags): Partial<TrainerConfig> {
  const data = defined({
    dir: flags.data,
    dataset: flags.dataset,
    valSplit: flags['val-split'],
    imageSize: flags['image-size'],
    batchSize: flags['batch-size'],
    workers: flags.workers,
    dropLast: flags['drop-last'],
    exif: flags.exif,
    decode: flags.decode,
    resize: flags.resize,
    cache: flags['cache-decoded'] === undefined ? undefined : { decoded: flags['cache-decoded'] },
    onBadImage: flags['on-bad-image'],
    preflight: flags['no-preflight'] ? false : undefined,
    mix: filled(defined({ mixupAlpha: flags['mixup-alpha'], cutmixAlpha: flags['cutmix-alpha'] })),
  });
  const model = defined({
    arch: flags.arch,
    weights: flags.weights === undefined ? undefined : weightsChoice(flags.weights),
    weightsPrefix: flags['weights-prefix'],
    layout: flags.layout,
  });
  const optimizer = defined({
    lr: flags.lr,
    momentum: flags.momentum,
    weightDecay: flags['weight-decay'],
  });
  const checkpoint = defined({
    everyEpochs: flags['checkpoint-every-epochs'],
    everySteps: flags['checkpoint-every-steps'],
    everySeconds: flags['checkpoint-every-seconds'],
    keepLast: flags['checkpoint-keep-last'],
    keepBest: flags['no-checkpoint-keep-best'] ? false : undefined,
  });
  const loss = defined({
    labelSmoothing: flags['label-smoothing'],
    onBadLoss: flags['on-bad-loss'],
    rollback: filled(defined({ lrFactor: flags['rollback-lr-factor'], max: flags['max-rollbacks'] })),
  });
  const scheduler = defined({ stepSize: flags['step-size'], gamma: flags.gamma });
  return defined({
    mode: flags.mode,
    data: filled(data),
    model: filled(model),
    loss: filled(loss),
    optimizer: filled(optimizer),
    scheduler: filled(scheduler),
    checkpoint: filled(checkpoint),
    timeLimit: flags['time-limit'],
    epochs: flags.epochs,
    device: flags.device,
    precision: flags.precision,
    deterministic: flags.deterministic,
    cudaGraph: flags['cuda-graph'],
    threads: flags.threads,
    autoBatch: flags['auto-batch'],
    seed: flags.seed,
    output: flags.output,
    overwrite: flags.overwrite,
  });
}

/** A published name, `none`, or else a file. */
function weightsChoice(text: string): WeightsChoice {
  if (text === 'none') return null;
  return (WEIGHTS_NAMES as readonly string[]).includes(text) ? (text as WeightsName) : { file: text };
}

function withoutTransforms(config: Partial<TrainerConfig>): Partial<TrainerConfig> {
  if (config.data === undefined) return config;
  const { transforms: _transforms, ...data } = config.data;
  return { ...config, data };
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Without the fields that are undefined. */
function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<Fields>;
}

/** An object with at least one field; undefined for an empty one. */
function filled<Fields extends object>(fields: Fields): Fields | undefined {
  return Object.keys(fields).length > 0 ? fields : undefined;
}
