import type { BadImagePolicy } from '../config/types';
import { type ErrorCode, TorchwingError } from '../native/errors';
import { type CheckedData, type CheckedImage, isUsable } from './check-data';
import type { FolderImage } from './image-folder';
import type { InspectedData } from './preflight';
import type { SourceImages } from './source';

/** Bad files that a message names; `torchwing check` lists them all. */
const NAMED = 3;

/**
 * The data of a run without its bad images, by the run's choice. `replace` puts the next good image of the same class,
 * in list order and around its end, at the bad one's place, so that the list depends on nothing but the files.
 * @throws TorchwingError the first bad image's code under `error`; DATASET_EMPTY for a class that has no good image
 */
export function usableImages(
  data: InspectedData,
  checked: CheckedData,
  onBadImage: BadImagePolicy,
): InspectedData {
  const bad = checked.images.filter((image) => !isUsable(image));
  const { contentSha256 } = checked;
  if (bad.length === 0) return { ...data, contentSha256 };
  if (onBadImage === 'error') throw refusal(bad);
  const paths = new Set(bad.map(({ path }) => path));
  const clean = (source: SourceImages): SourceImages => {
    const isGood = ({ path }: FolderImage) => !paths.has(path);
    refuseEmptyClass(source, isGood);
    return {
      ...source,
      images: onBadImage === 'skip' ? source.images.filter(isGood) : replaced(source.images, isGood),
    };
  };
  return { ...data, train: clean(data.train), val: clean(data.val), contentSha256 };
}

/** What is wrong with the first few, on one line. */
export function listBad(bad: readonly CheckedImage[]): string {
  const named = bad.slice(0, NAMED).map(({ facts }) => facts.message.replace(/\.$/, ''));
  const more = bad.length > NAMED ? `; and ${bad.length - NAMED} more` : '';
  return `${named.join('; ')}${more}.`;
}

function refusal(bad: readonly CheckedImage[]): TorchwingError {
  const [first] = bad;
  const message = bad.length === 1 ? listBad(bad) : `${bad.length} images cannot be used: ${listBad(bad)}`;
  return new TorchwingError((first?.facts.code ?? 'IMAGE_DECODE') as ErrorCode, message, {
    hint: 'Repair or remove what `torchwing check` lists, or set onBadImage (--on-bad-image) to skip or replace.',
  });
}

function refuseEmptyClass(source: SourceImages, isGood: (image: FolderImage) => boolean): void {
  const alive = new Set(source.images.filter(isGood).map(({ label }) => label));
  const label = source.classes.findIndex((_, at) => !alive.has(at));
  if (label < 0) return;
  throw new TorchwingError(
    'DATASET_EMPTY',
    `None of the images of class "${source.classes[label]}" in ${source.name} can be used, expected at least one.`,
    { hint: 'Type torchwing check with the data folder for the reasons.' },
  );
}

function replaced(images: readonly FolderImage[], isGood: (image: FolderImage) => boolean): FolderImage[] {
  return images.map((image, at) => {
    if (isGood(image)) return image;
    const others = [...images.slice(at + 1), ...images.slice(0, at)];
    return others.find((other) => other.label === image.label && isGood(other)) as FolderImage;
  });
}
