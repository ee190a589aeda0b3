import type { ResolvedConfig } from '../config/types';
import { type CheckedData, checkData, isUsable } from '../data/check-data';
import { describeFiles } from '../data/manifest';
import type { InspectedData } from '../data/preflight';
import { listBad, usableImages } from '../data/usable-images';
import type { PrepareModelOptions } from '../model/prepare-model';
import type { NativeWarning } from '../native/warnings';
import type { StopControl } from './stop-control';

/** Files inspected so far and files in all. */
export interface PreflightProgress {
  done: number;
  total: number;
  /** DATA_STALLED, each time that there is something new to say of files that do not come. No event: the first is `start`. */
  warning?: NativeWarning;
}

interface PreflightOptions {
  warn: PrepareModelOptions['warn'];
  control: StopControl;
  onPreflight: ((progress: PreflightProgress) => void) | undefined;
  /** Whether the data's manifest is wanted. */
  describe: boolean;
}

type Warning = Parameters<PrepareModelOptions['warn']>[0];

const CHECK_HINT = 'Type torchwing check with the data folder to see which.';

/**
 * Reads and decodes every image of a run before it trains, unless `data.preflight` is off, warns of what would spoil the
 * run's figures, and gives the images that training may use.
 * @throws TorchwingError IMAGE_DECODE, IMAGE_READ or IMAGE_TOO_LARGE for bad images under onBadImage `error`;
 * DATASET_EMPTY for a class without a good image
 */
export async function preflight(
  config: ResolvedConfig,
  data: InspectedData,
  { warn, control, onPreflight, describe }: PreflightOptions,
): Promise<InspectedData> {
  const { preflight: wanted, limits, workers, onBadImage } = config.data;
  if (!wanted) return { ...data, manifest: describe ? await describeFiles(data.found, null) : null };
  let last: PreflightProgress = { done: 0, total: 0 };
  const checked = await control.abortable((signal) =>
    checkData(
      [
        { phase: 'train', source: data.train },
        { phase: 'val', source: data.val },
      ],
      {
        limits,
        workers,
        signal,
        onProgress: (done, total) => {
          last = { done, total };
          onPreflight?.(last);
        },
        onStalled: (warning) => onPreflight?.({ ...last, warning }),
      },
    ),
  );
  control.throwIfStopped();
  const usable = usableImages(data, checked, onBadImage);
  for (const warning of warningsOf(checked, onBadImage)) warn(warning);
  if (!describe) return usable;
  const contents = new Map(checked.images.map(({ path, facts }) => [path, facts.sha256]));
  return { ...usable, manifest: await describeFiles(data.found, contents) };
}

/** At most one warning of each kind. */
function warningsOf(checked: CheckedData, onBadImage: ResolvedConfig['data']['onBadImage']): Warning[] {
  const { images, duplicates } = checked;
  const warnings: Warning[] = [];
  const bad = images.filter((image) => !isUsable(image));
  if (bad.length > 0) {
    const done = onBadImage === 'replace' ? 'replaced by others of their class' : 'left out';
    warnings.push({
      code: onBadImage === 'replace' ? 'IMAGES_REPLACED' : 'IMAGES_SKIPPED',
      message: `${count(bad.length, 'image')} cannot be used and will be ${done}: ${listBad(bad)}`,
    });
  }
  const leaks = duplicates.filter(({ leak }) => leak);
  if (leaks.length > 0) {
    warnings.push({
      code: 'DATA_LEAK',
      message: `${count(leaks.length, 'picture')} (${exactAndNear(leaks)}) ${leaks.length === 1 ? 'is' : 'are'} in both training and validation data, so the validation figures are too good.`,
      hint: CHECK_HINT,
    });
  }
  const repeated = duplicates.filter(({ kind, leak }) => kind === 'exact' && !leak);
  if (repeated.length > 0) {
    const conflicts = repeated.filter(({ classesDiffer }) => classesDiffer).length;
    warnings.push({
      code: 'DUPLICATE_IMAGES',
      message: `${count(repeated.length, 'picture')} ${repeated.length === 1 ? 'is' : 'are'} there more than once within a phase, ${conflicts} of them in different classes.`,
      hint: CHECK_HINT,
    });
  }
  const rotated = images.filter(({ facts }) => facts.orientation !== 1).length;
  if (rotated > 0) {
    warnings.push({
      code: 'EXIF_ROTATED',
      message: `${count(rotated, 'image')} ${rotated === 1 ? 'carries' : 'carry'} an EXIF rotation, which is not applied, as in torchvision: the model sees the pixels as they are stored.`,
      hint: CHECK_HINT,
    });
  }
  return warnings;
}

function exactAndNear(groups: CheckedData['duplicates']): string {
  const exact = groups.filter(({ kind }) => kind === 'exact').length;
  return `${exact} exact, ${groups.length - exact} nearly`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
