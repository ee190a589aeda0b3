import type { CheckedImage } from './check-data';
import { groupNearHashes } from './near-hashes';

/**
 * Differing bits of 64, up to which two perceptual hashes count as one picture. Measured on 397 photos of insects: no two
 * of them differ in fewer than 14; a photo compressed again at quality 40 differs in 0 to 2, at half its size in 0 to 4,
 * a fifth brighter in 0 to 6. Simple pictures come nearer to each other: among 3,360 insects that the demo drew, 5 pairs
 * differ in 6, none in fewer.
 */
export const NEAR_DISTANCE = 4;

/** Files that hold the same picture. */
export interface DuplicateGroup {
  /** `exact`: the same bytes. `near`: different files whose perceptual hashes differ in at most NEAR_DISTANCE bits. */
  kind: 'exact' | 'near';
  /** Whether training and validation share the picture: the validation figures are then too good. */
  leak: boolean;
  /** Whether the files have different classes. */
  classesDiffer: boolean;
  files: { phase: string; path: string; class: string }[];
}

/** Exact duplicates first, then near ones, each in the order of their first file. */
export function findDuplicates(images: readonly CheckedImage[]): DuplicateGroup[] {
  const good = images.filter(({ facts }) => facts.verdict === 'good');
  const byContent = groupBy(good, ({ facts }) => facts.sha256);
  const exact = [...byContent.values()].flatMap((group) => describe('exact', group));

  const hashed = good.filter(({ facts }) => facts.perceptualHash !== null);
  const byHash = groupBy(hashed, ({ facts }) => facts.perceptualHash ?? '');
  const hashes = [...byHash.keys()];
  const joined = groupNearHashes(hashes, NEAR_DISTANCE).map((group) => group.map((at) => hashes[at] ?? ''));
  const together = new Set(joined.flat());
  const alone = hashes.filter((hash) => !together.has(hash)).map((hash) => [hash]);
  const near = [...joined, ...alone].flatMap((group) => {
    const members = group.flatMap((hash) => byHash.get(hash) ?? []);
    const contents = new Set(members.map(({ facts }) => facts.sha256));
    return contents.size > 1 ? describe('near', members) : [];
  });
  const position = new Map(images.map((image, at) => [`${image.phase}\n${image.path}`, at]));
  const first = ({ files: [file] }: DuplicateGroup) => position.get(`${file?.phase}\n${file?.path}`) ?? 0;
  return [...exact, ...near.sort((left, right) => first(left) - first(right))];
}

function describe(kind: DuplicateGroup['kind'], images: readonly CheckedImage[]): DuplicateGroup[] {
  // A list may name a file twice on purpose; it is still one file of its phase.
  const files = new Map(images.map((image) => [`${image.phase}\n${image.path}`, image]));
  if (files.size < 2) return [];
  const members = [...files.values()];
  return [
    {
      kind,
      leak: new Set(members.map(({ phase }) => phase)).size > 1,
      classesDiffer: new Set(members.map(({ className }) => className)).size > 1,
      files: members.map(({ phase, path, className }) => ({ phase, path, class: className })),
    },
  ];
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
