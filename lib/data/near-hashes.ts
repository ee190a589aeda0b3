/**
 * Groups of 64-bit hashes of which each member has another one within `distance` differing bits. Hashes are cut into
 * `distance + 1` bands: two within the distance agree in at least one band whole, so only hashes that share a band's
 * value are compared.
 * @param hashes 16 hex digits each, all different
 * @returns groups of at least two positions, ascending
 */
export function groupNearHashes(hashes: readonly string[], distance: number): number[][] {
  const high = Uint32Array.from(hashes, (hash) => Number.parseInt(hash.slice(0, 8), 16));
  const low = Uint32Array.from(hashes, (hash) => Number.parseInt(hash.slice(8), 16));
  const near = (left: number, right: number) =>
    hammingDistance(high, left, right) + hammingDistance(low, left, right) <= distance;
  const sets = new DisjointSets(hashes.length);
  const bits = hashes.map((hash) => BigInt(`0x${hash}`).toString(2).padStart(64, '0'));
  const bands = distance + 1;
  for (let band = 0; band < bands; band++) {
    const from = Math.floor((64 * band) / bands);
    const to = Math.floor((64 * (band + 1)) / bands);
    const buckets = new Map<string, number[]>();
    for (const [at, text] of bits.entries()) {
      const key = text.slice(from, to);
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [at]);
      else bucket.push(at);
    }
    for (const bucket of buckets.values()) joinWithin(bucket, near, sets);
  }
  return sets.groups();
}

function joinWithin(
  bucket: readonly number[],
  near: (left: number, right: number) => boolean,
  sets: DisjointSets,
): void {
  for (const [position, left] of bucket.entries()) {
    for (let other = position + 1; other < bucket.length; other++) {
      const right = bucket[other] as number;
      if (near(left, right)) sets.join(left, right);
    }
  }
}

function hammingDistance(words: Uint32Array, left: number, right: number): number {
  let bits = (words[left] as number) ^ (words[right] as number);
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Union-find; the smallest member names its group. */
class DisjointSets {
  readonly #parents: number[];

  constructor(size: number) {
    this.#parents = Array.from({ length: size }, (_, at) => at);
  }

  join(left: number, right: number): void {
    const one = this.#root(left);
    const two = this.#root(right);
    this.#parents[Math.max(one, two)] = Math.min(one, two);
  }

  groups(): number[][] {
    const groups = new Map<number, number[]>();
    for (const at of this.#parents.keys()) {
      const root = this.#root(at);
      groups.set(root, [...(groups.get(root) ?? []), at]);
    }
    return [...groups.values()].filter((group) => group.length > 1);
  }

  #root(at: number): number {
    let root = at;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    for (let walk = at; walk !== root; ) {
      const next = this.#parents[walk] as number;
      this.#parents[walk] = root;
      walk = next;
    }
    return root;
  }
}
