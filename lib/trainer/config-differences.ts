/** One setting that two configurations have different values for; undefined where one has none. */
export interface Difference {
  key: string;
  before: unknown;
  now: unknown;
}

/**
 * Settings that change nothing in what is computed, or that say where the same things are: resuming with others is no
 * other run. The data is compared by its hash, the device and threads `auto` by what they came to.
 */
const FREE = new Set([
  'version',
  'output',
  'overwrite',
  'checkpoint',
  'timeLimit',
  'autoBatch',
  'data.train',
  'data.val',
  'data.workers',
  'data.cache',
  'data.preflight',
  // What to do when it goes wrong may be decided when it has gone wrong.
  'loss.onBadLoss',
  'loss.rollback',
]);

/** What two recorded configurations differ in, key by key, in the order of `before`. */
export function configDifferences(before: object, now: object): Difference[] {
  const differences: Difference[] = [];
  collect(before, now, '', differences);
  return differences;
}

function collect(before: unknown, now: unknown, path: string, into: Difference[]): void {
  if (FREE.has(path)) return;
  if (isPlain(before) && isPlain(now)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)]))
      collect(before[key], now[key], path === '' ? key : `${path}.${key}`, into);
  } else if (JSON.stringify(before) !== JSON.stringify(now)) {
    into.push({ key: path, before, now });
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `epochs: 25 before, 30 now`. */
export function differenceText({ key, before, now }: Difference): string {
  const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${key}: ${show(before)} before, ${show(now)} now`;
}
