import { createHash } from 'node:crypto';

import { invalidArgument } from '../native/arguments';
import type { StateDict } from './state-dict';

/** Starts what is hashed, so that another layout can never give the same hash. */
const LAYOUT = 'torchwing-weights-1\n';

/**
 * "The SHA-256 of the weights", 64 hex digits: over name, dtype, shape and bytes of each tensor in order, not over a
 * file, so that the same weights have the same hash in any container. docs/files.md has the byte layout.
 */
export async function weightsSha256(state: StateDict): Promise<string> {
  const hash = createHash('sha256').update(LAYOUT);
  if (!Array.isArray(state?.entries)) throw invalidArgument('state', state, 'a StateDict');
  for (const { name, dtype, shape } of state.entries) {
    const tensor = await state.tensor(name);
    try {
      const data = await tensor.data();
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      hash.update(text(name)).update(text(dtype)).update(uint32(shape.length));
      for (const size of shape) hash.update(uint64(size));
      hash.update(uint64(bytes.byteLength)).update(bytes);
    } finally {
      tensor.dispose();
    }
  }
  return hash.digest('hex');
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint32(bytes.byteLength), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
