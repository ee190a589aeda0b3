import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

/**
 * A small data set in a new temporary folder: stripes that run across ("ants") or down ("bees"), of varied width,
 * colour and size, as PNG files in train/ and val/.
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

function stripes(across: boolean, variant: number): Buffer {
  const width = 40 + (variant % 7) * 3;
  const height = 40 + (variant % 5) * 4;
  const period = 6 + (variant % 4) * 2;
  const rows: Buffer[] = [];
  for (let y = 0; y < height; y++) {
    const row = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x++) {
      const on = ((across ? y : x) + variant) % period < period / 2;
      const base = on ? 170 : 60;
      for (let channel = 0; channel < 3; channel++) {
        row[1 + x * 3 + channel] = base + ((variant * (17 + channel * 13) + x * 3 + y * 5) % 70);
      }
    }
    rows.push(row);
  }
  return png(width, height, Buffer.concat(rows));
}

/** An 8-bit RGB PNG of unfiltered rows (each led by a zero byte). */
function png(width: number, height: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** CRC-32 as PNG has it (ISO 3309): zlib.crc32 is not in every supported Node. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
