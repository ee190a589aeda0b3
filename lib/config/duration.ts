const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The longest that a timer of Node takes is a little more. */
const LONGEST = 24 * 86_400;

/** A number of seconds, or one with a unit: `'90s'`, `'45m'`, `'1.5h'`, `'2d'`. */
export type Duration = number | string;

/** What `parseDuration` takes, for messages. */
export const DURATION_EXPECTED =
  'a number of seconds > 0, or a text such as "90s", "45m", "3h" or "1d"; at most 24 days';

/** Seconds; null for anything else than a Duration. */
export function parseDuration(duration: unknown): number | null {
  const seconds = inSeconds(duration);
  return seconds !== null && seconds > 0 && seconds <= LONGEST ? seconds : null;
}

function inSeconds(duration: unknown): number | null {
  if (typeof duration === 'number') return duration;
  if (typeof duration !== 'string') return null;
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)\s*([smhd])?$/i.exec(duration.trim()) ?? [];
  return digits === undefined ? null : Number(digits) * (SECONDS[unit.toLowerCase()] ?? Number.NaN);
}
