// Once per file: where globals are looked up in a sandbox, as in Jest, Math.x in a loop over pixels is slow.
const { floor, imul, sqrt } = Math;

/** A small repeatable stream of random numbers for drawing: the same key gives the same stream on every machine. */
export class DrawingRandom {
  private state: number;

  /** @param key any whole numbers, for example seed, split and image number; the order matters. */
  constructor(...key: number[]) {
    // Each part of the key is mixed in fully, so that neighbouring seeds give unrelated streams.
    let hash = 0x9e3779b9;
    for (const part of key) hash = mix(hash ^ mix(part >>> 0)) + 0x6d2b79f5;
    this.state = hash >>> 0;
  }

  /** Uniform in [0, 1), 32 bits. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    return mix(this.state) / 4294967296;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Whole number, low and high included. */
  integer(low: number, high: number): number {
    return low + floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Roughly normal, mean 0 and deviation 1, within ±3.5: a sum of four uniforms needs no logarithm. */
  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * sqrt(3);
  }
}

/** Finalizer of a 32-bit multiply-xorshift hash: every input bit reaches every output bit. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}
