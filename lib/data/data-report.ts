import { extname, join } from 'node:path';
import { type CheckedData, type CheckedImage, isUsable, type PhaseSource } from './check-data';
import type { DuplicateGroup } from './duplicates';

type Verdict = Exclude<CheckedImage['facts']['verdict'], 'good'>;

/** Every file of one phase, counted. `used` and the four kinds of `unusable` add up to `images`. */
export interface PhaseReport {
  phase: PhaseSource['phase'];
  /** The folder, or what else the images come from. */
  name: string;
  images: number;
  used: number;
  unusable: Record<Verdict, number>;
  /** Files that are no images by their extension, by extension in lower case; `''` for none. */
  ignored: Record<string, number>;
  /** Among the used: of which only the first frame or page is seen. */
  animated: number;
  cmyk: number;
  /** Among the used: with an EXIF orientation other than 1. */
  exifRotated: number;
  /** Used images by class. */
  classes: Record<string, number>;
  /** Images of the largest class over those of the smallest; null when a class has none. */
  imbalance: number | null;
}

export interface ListedFile {
  phase: PhaseSource['phase'];
  path: string;
}

/** What `torchwing check --json` prints. */
export interface DataReport {
  /** Version of this form. */
  v: 1;
  classes: string[];
  phases: PhaseReport[];
  unusable: (ListedFile & { verdict: Verdict; code: string; message: string })[];
  animated: ListedFile[];
  cmyk: ListedFile[];
  exifRotated: (ListedFile & { orientation: number })[];
  duplicates: DuplicateGroup[];
  ignored: ListedFile[];
  /** See `CheckedData.contentSha256`. */
  contentSha256: string;
  fromCache: number;
  seconds: number;
}

/** Puts a check into numbers and lists. */
export function reportData(phases: readonly PhaseSource[], checked: CheckedData): DataReport {
  const { images, duplicates, contentSha256, fromCache, seconds } = checked;
  const used = images.filter(isUsable);
  const listed = (wanted: (image: CheckedImage) => boolean) =>
    used.filter(wanted).map(({ phase, path }) => ({ phase, path }));
  return {
    v: 1,
    classes: phases[0]?.source.classes ?? [],
    phases: phases.map((phase) =>
      reportPhase(
        phase,
        images.filter((image) => image.phase === phase.phase),
      ),
    ),
    unusable: images.flatMap(({ phase, path, facts: { verdict, code, message } }) =>
      verdict === 'good' ? [] : [{ phase, path, verdict, code, message }],
    ),
    animated: listed(({ facts }) => facts.animated),
    cmyk: listed(({ facts }) => facts.cmyk),
    exifRotated: used.flatMap(({ phase, path, facts: { orientation } }) =>
      orientation === 1 ? [] : [{ phase, path, orientation }],
    ),
    duplicates,
    ignored: phases.flatMap(({ phase, source }) =>
      source.ignoredFiles.map((path) => ({
        phase,
        path: source.dir === null ? path : join(source.dir, path),
      })),
    ),
    contentSha256,
    fromCache,
    seconds,
  };
}

function reportPhase({ phase, source }: PhaseSource, images: readonly CheckedImage[]): PhaseReport {
  const used = images.filter(isUsable);
  const count = (wanted: (image: CheckedImage) => boolean) => images.filter(wanted).length;
  const unusable = (verdict: Verdict) => count(({ facts }) => facts.verdict === verdict);
  const classes: Record<string, number> = Object.fromEntries(source.classes.map((name) => [name, 0]));
  for (const { className } of used) classes[className] = (classes[className] ?? 0) + 1;
  const sizes = Object.values(classes);
  const smallest = Math.min(...sizes);
  const ignored: Record<string, number> = {};
  for (const path of source.ignoredFiles) {
    const extension = extname(path).toLowerCase();
    ignored[extension] = (ignored[extension] ?? 0) + 1;
  }
  return {
    phase,
    name: source.name,
    images: images.length,
    used: used.length,
    unusable: {
      unreadable: unusable('unreadable'),
      truncated: unusable('truncated'),
      tooLarge: unusable('tooLarge'),
      empty: unusable('empty'),
    },
    ignored,
    animated: used.filter(({ facts }) => facts.animated).length,
    cmyk: used.filter(({ facts }) => facts.cmyk).length,
    exifRotated: used.filter(({ facts }) => facts.orientation !== 1).length,
    classes,
    imbalance: smallest === 0 ? null : Math.max(...sizes) / smallest,
  };
}
