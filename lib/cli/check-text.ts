import type { DataReport, ListedFile, PhaseReport } from '../data/data-report';
import type { DuplicateGroup } from '../data/duplicates';

/** Files and groups named under each finding; `--json` has them all. */
const NAMED = 5;

type Mark = '!!' | '--';
interface Finding {
  mark: Mark;
  title: string;
  lines: string[];
}

/** The report for people: each phase in numbers, then each finding with its first few files. */
export function checkText(report: DataReport): string {
  const total = report.phases.reduce((sum, { images }) => sum + images, 0);
  const known = report.fromCache > 0 ? `, ${report.fromCache} of them as at the last check` : '';
  const findings = findingsOf(report).flatMap(({ mark, title, lines }) => [
    `${mark}  ${title}`,
    ...lines.slice(0, NAMED).map((line) => `      ${line}`),
    ...(lines.length > NAMED ? [`      … and ${lines.length - NAMED} more (--json lists all)`] : []),
  ]);
  return [
    `Checked ${count(total, 'image')} in ${report.seconds.toFixed(1)} s${known}.`,
    '',
    ...report.phases.flatMap(phaseLines),
    '',
    ...(findings.length > 0 ? findings : ['ok  Nothing is wrong with this data set.']),
    '',
    `content SHA-256 ${report.contentSha256}`,
    '',
  ].join('\n');
}

function phaseLines({ phase, name, used, images, classes, imbalance, ignored }: PhaseReport): string[] {
  const sizes = Object.entries(classes).map(([label, size]) => `${label} ${size}`);
  const shown = sizes.length > NAMED ? `${sizes.slice(0, NAMED).join(', ')}, …` : sizes.join(', ');
  const other = Object.entries(ignored).map(
    ([extension, files]) => `${files} ${extension || 'without extension'}`,
  );
  const balance = imbalance === null ? '' : `; largest class ${imbalance.toFixed(2)} x the smallest`;
  return [
    `${phase.padEnd(6)}${name}: ${used} of ${count(images, 'image')} can be used${balance}`,
    `      ${shown}`,
    ...(other.length > 0 ? [`      not images by their extension: ${other.join(', ')}`] : []),
  ];
}

function findingsOf(report: DataReport): Finding[] {
  const { unusable, duplicates, animated, cmyk, exifRotated } = report;
  const bad = (verdict: (typeof unusable)[number]['verdict'], title: (files: string) => string) => {
    const files = unusable.filter((file) => file.verdict === verdict);
    return finding(
      '!!',
      title(count(files.length, 'file')),
      files.map(({ message }) => message),
    );
  };
  const groups = (wanted: (group: DuplicateGroup) => boolean) => duplicates.filter(wanted);
  const leaks = groups(({ leak }) => leak);
  const exact = groups(({ kind, leak }) => kind === 'exact' && !leak);
  const near = groups(({ kind, leak }) => kind === 'near' && !leak);
  const conflicts = groups(({ classesDiffer }) => classesDiffer);
  const paths = (files: readonly ListedFile[]) => files.map(({ path }) => path);
  return [
    bad('unreadable', (files) => `${files} cannot be read as an image`),
    bad('truncated', (files) => `${files} cut off`),
    bad('tooLarge', (files) => `${files} beyond the limits`),
    bad('empty', (files) => `${files} of zero bytes`),
    finding('!!', `${count(leaks.length, 'picture')} in both training and validation data`, leaks.map(line)),
    finding('!!', `${count(conflicts.length, 'picture')} in more than one class`, conflicts.map(line)),
    finding('--', `${count(exact.length, 'picture')} more than once within a phase`, exact.map(line)),
    finding('--', `${count(near.length, 'picture')} nearly the same within a phase`, near.map(line)),
    finding('--', `${count(exifRotated.length, 'image')} with an EXIF rotation, which is not applied`, [
      ...exifRotated.map(({ path, orientation }) => `${path} (orientation ${orientation})`),
    ]),
    finding('--', `${count(cmyk.length, 'CMYK image')}, converted to RGB`, paths(cmyk)),
    finding('--', `${count(animated.length, 'image')} of several frames: the first is seen`, paths(animated)),
  ].filter(({ lines }) => lines.length > 0);
}

function finding(mark: Mark, title: string, lines: string[]): Finding {
  return { mark, title, lines };
}

function line({ kind, files }: DuplicateGroup): string {
  return `${kind}: ${files.map(({ path }) => path).join('  ')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
