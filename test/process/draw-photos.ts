import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '../png';

/**
 * A small data set in a new temporary folder: stripes that run across ("ants") or down ("bees"), of varied width,
 * colour, size and shade, as PNG files in train/ and val/.
 */
export function drawPhotos(counts: { train: number; val: number }): string {
  const folder = mkdtempSync(join(tmpdir(), 'torchwing-photos-'));
  let drawn = 0;
  for (const phase of ['train', 'val'] as const) {
    for (const [label, name] of ['ants', 'bees'].entries()) {
      mkdirSync(join(folder, phase, name), { recursive: true });
      for (let at = 0; at < counts[phase]; at++) {
        drawn += 1;
        writeFileSync(
          join(folder, phase, name, `${String(at).padStart(3, '0')}.png`),
          stripes(label === 0, drawn),
        );
      }
    }
  }
  return folder;
}

/** Lightness of one of 5 x 5 fields, 0..40: without it the stripes of one width are one picture to preflight. */
function shade(variant: number, column: number, row: number): number {
  const mixed = Math.imul(variant * 25 + row * 5 + column + 1, 0x9e3779b1) >>> 0;
  return (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 16) % 41;
}

function stripes(across: boolean, variant: number): Buffer {
  const width = 40 + (variant % 7) * 3;
  const height = 40 + (variant % 5) * 4;
  const period = 6 + (variant % 4) * 2;
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const on = ((across ? y : x) + variant) % period < period / 2;
      const base =
        (on ? 150 : 40) + shade(variant, Math.floor((5 * x) / width), Math.floor((5 * y) / height));
      for (let channel = 0; channel < 3; channel++) {
        pixels[(y * width + x) * 3 + channel] = base + ((variant * (17 + channel * 13) + x * 3 + y * 5) % 70);
      }
    }
  }
  return encodePng(width, height, 'rgb', pixels);
}
