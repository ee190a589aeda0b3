import type { ResolvedConfig } from '../config/types';
import { TorchwingError } from '../native/errors';
import { dataSha256, type PhaseFiles, sizeFiles } from './data-hash';
import type { DataManifest } from './manifest';
import { openSource, type SourceImages } from './source';

/** Both phases' images, checked against each other. */
export interface InspectedData {
  classes: string[];
  train: SourceImages;
  val: SourceImages;
  /** See `dataSha256`. */
  sha256: string;
  /** See `CheckedData.contentSha256`; null while no image has been read. */
  contentSha256: string | null;
  /** The images as they were found, before any of them was left out or replaced. */
  found: PhaseFiles[];
  /** Their files in short; null while nobody has asked for it, too. */
  manifest: DataManifest;
}

/**
 * Scans the data of a run, without decoding an image and without anything native.
 * @throws TorchwingError DATASET_NOT_FOUND, DATASET_EMPTY or DATASET_CLASSES
 */
export async function inspectData(config: Pick<ResolvedConfig, 'data' | 'seed'>): Promise<InspectedData> {
  const train = await openSource(config.data.train, config.seed);
  const val = await openSource(config.data.val, config.seed);
  const { classes } = train;
  if (classes.length !== val.classes.length || classes.some((name, label) => name !== val.classes[label])) {
    throw new TorchwingError(
      'DATASET_CLASSES',
      `Training and validation data have different classes: train has ${quoted(classes)}, val has ${quoted(val.classes)}.`,
      { hint: differences(classes, val.classes) },
    );
  }
  if (classes.length < 2) {
    throw new TorchwingError(
      'DATASET_CLASSES',
      `The training data ${train.name} has the single class ${quoted(classes)}, expected two classes or more.`,
      { hint: 'Put the images of each class into a folder of its own, side by side.' },
    );
  }
  const found = await sizeFiles(train, val);
  return { classes, train, val, sha256: await dataSha256(found), contentSha256: null, found, manifest: null };
}

function differences(train: readonly string[], val: readonly string[]): string {
  const onlyIn = (names: readonly string[], others: readonly string[], phase: string) => {
    const extra = names.filter((name) => !others.includes(name));
    return extra.length === 0 ? [] : [`Only in ${phase}: ${quoted(extra)}.`];
  };
  return [...onlyIn(train, val, 'train'), ...onlyIn(val, train, 'val')].join(' ');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
