import { listFew } from '../data/list-few';
import { type DataManifest, listedFiles, type ManifestFile } from '../data/manifest';
import type { InspectedData } from '../data/preflight';
import type { CheckpointRecord } from './checkpoint-record';

/** Classes that are named. */
const NAMED = 3;

/**
 * In what a run's data differs from that of a checkpoint, in words; nothing where it does not. Contents are known only to
 * runs with preflight: one without is compared by names and sizes.
 */
export function dataDifferences(
  before: CheckpointRecord['data'],
  now: Pick<InspectedData, 'classes' | 'sha256' | 'contentSha256' | 'manifest'>,
): string[] {
  const sameFiles = before.sha256 === now.sha256;
  const comparable = before.contentSha256 !== null && now.contentSha256 !== null;
  if (sameFiles && !(comparable && before.contentSha256 !== now.contentSha256)) return [];
  const hashes = sameFiles ? [before.contentSha256, now.contentSha256] : [before.sha256, now.sha256];
  const [old = '', other = ''] = hashes.map((hash) => hash?.slice(0, 12));
  return [
    filesText(before.manifest, now.manifest) ??
      classesText(before.manifest, now.manifest) ??
      `data: other images than before (SHA-256 ${old}… before, ${other}… now)`,
  ];
}

function filesText(before: DataManifest, now: DataManifest): string | null {
  const [old, current] = [listedFiles(before), listedFiles(now)];
  if (old === null || current === null) return null;
  const known = new Map(old.map((file) => [file[0], file]));
  const present = new Set(current.map(([name]) => name));
  const added = current.filter(([name]) => !known.has(name));
  const removed = old.filter(([name]) => !present.has(name));
  const changed = current.flatMap((file) => {
    const was = known.get(file[0]);
    return was !== undefined && differs(was, file) ? [changeText(was, file)] : [];
  });
  const kinds = [
    listText('added', added.map(nameText)),
    listText('removed', removed.map(nameText)),
    listText('changed', changed),
  ].filter((text) => text !== '');
  return kinds.length > 0 ? `data: ${kinds.join(', ')}` : 'data: the same images in another order';
}

function differs([, bytesBefore, before]: ManifestFile, [, bytes, now]: ManifestFile): boolean {
  return bytesBefore !== bytes || (before !== '' && now !== '' && before !== now);
}

function changeText([name, before]: ManifestFile, [, now]: ManifestFile): string {
  return `"${name}", ${before === now ? `still ${now} bytes` : `${before} bytes before, ${now} now`}`;
}

function nameText([name]: ManifestFile): string {
  return `"${name}"`;
}

/** `5 added ("a", "b", "c" and 2 more)`. */
function listText(kind: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const separator = kind === 'changed' ? '; ' : ', ';
  return `${names.length} ${names.length === 1 ? 'image' : 'images'} ${kind} (${listFew(names, separator)})`;
}

/** For data that is too large for its files to be listed. */
function classesText(before: DataManifest, now: DataManifest): string | null {
  if (before === null || now === null || !('classes' in before) || !('classes' in now)) return null;
  const known = new Map(before.classes.map((group) => [group.name, group]));
  const texts = now.classes.flatMap((group) => {
    const was = known.get(group.name);
    const contents = was?.contents != null && group.contents !== null && was.contents !== group.contents;
    if (was !== undefined && was.names === group.names && !contents) return [];
    const images = was?.images ?? 0;
    if (images !== group.images) return [`${group.name} has ${images} images before, ${group.images} now`];
    return [`${group.name} has others of its ${images} images`];
  });
  const current = new Set(now.classes.map(({ name }) => name));
  for (const { name, images } of before.classes)
    if (!current.has(name)) texts.push(`${name} has ${images} images before, 0 now`);
  if (texts.length === 0) return null;
  const more = texts.length > NAMED ? `, and ${texts.length - NAMED} more classes differ` : '';
  return `data: ${texts.slice(0, NAMED).join(', ')}${more}`;
}
