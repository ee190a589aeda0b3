const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** A number of bytes, or one with a unit: `'512MB'` (10^6), `'1.5 GiB'` (2^30). */
export type ByteSize = number | string;

/** What `parseByteSize` takes, for messages. */
export const BYTE_SIZE_EXPECTED = 'a number of bytes >= 0, or a text such as "512MB" or "2GiB"';

/** Whole bytes; null for anything else than a ByteSize. */
export function parseByteSize(size: unknown): number | null {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? size : null;
  if (typeof size !== 'string') return null;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?i?b)?$/i.exec(size.trim()) ?? [];
  const factor = UNITS[(unit ?? 'b').toLowerCase()];
  if (digits === undefined || factor === undefined) return null;
  const bytes = Math.round(Number(digits) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
