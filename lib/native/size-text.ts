const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people, in the units that LibTorch's own messages have: `512 bytes`, `3.10 GiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  return `${(bytes / 1024 ** power).toFixed(2)} ${UNITS[power - 1]}`;
}
