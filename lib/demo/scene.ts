import { blend, type Color, scale, tint } from './color';
import type { DrawingRandom } from './random';
import { leaf, limb, type Raster } from './raster';

// Once per file: where globals are looked up in a sandbox, as in Jest, Math.x in a loop over pixels is slow.
const { PI, abs, cos, floor, sin } = Math;

/** Paints the ground: two tones of soil or stone in patches, a slope of light, then leaves, twigs and pebbles on it. */
export function drawGround(raster: Raster, random: DrawingRandom): void {
  const lightness = random.between(0.45, 0.62);
  const chroma = random.between(0.02, 0.08);
  const first = tint(random, lightness, chroma);
  const second = tint(random, lightness + random.between(-0.08, 0.08), chroma);
  const patch = random.between(8, 30);
  const rough = valueNoise(random, patch);
  const fine = valueNoise(random, patch / 4);
  raster.paint((x, y) => blend(first, second, 0.65 * rough(x, y) + 0.35 * fine(x, y)));
  const size = raster.width;
  for (let count = random.integer(1, 2); count > 0; count--) drawLeaf(raster, random, lightness);
  for (let count = random.integer(0, 1); count > 0; count--) {
    const x = random.between(0, size);
    const y = random.between(0, size);
    const angle = random.between(0, 2 * PI);
    const length = random.between(0.2, 0.7) * size;
    const radius = random.between(0.006, 0.02) * size;
    const color = tint(random, lightness + random.between(-0.25, 0.25), 0.08);
    const end = [x + length * cos(angle), y + length * sin(angle)] as const;
    raster.fill(limb(x, y, radius, end[0], end[1], radius * 0.6), (_u, v) => scale(color, 1 - 0.2 * v));
  }
}

function drawLeaf(raster: Raster, random: DrawingRandom, lightness: number): void {
  const size = raster.width;
  const color = tint(random, lightness + random.between(-0.14, 0.14), random.between(0.05, 0.14));
  const shape = leaf(
    random.between(0, size),
    random.between(0, size),
    random.between(0.15, 0.6) * size,
    random.between(0.06, 0.25) * size,
    random.between(0, 2 * PI),
  );
  const rib = random.between(0.6, 1.3);
  const paint = (_u: number, v: number): Color =>
    abs(v) < 0.12 ? scale(color, rib) : scale(color, 1 - 0.1 * v);
  raster.fill(shape, paint, random.between(0.5, 1));
}

/** The camera: uneven light, a little haze and grain, over the finished picture. */
export function photograph(raster: Raster, random: DrawingRandom): void {
  const size = raster.width;
  const angle = random.between(0, 2 * PI);
  const slope = random.between(0, 0.3);
  const exposure = random.between(0.85, 1.15);
  const cast = tint(random, 1, random.between(0, 0.06));
  const haze = random.between(0, 0.12);
  const grain = random.between(0.005, 0.02);
  raster.paint((x, y, old) => {
    const across = ((x / size - 0.5) * cos(angle) + (y / size - 0.5) * sin(angle)) * slope;
    const light = exposure * (1 + across);
    const noise = grain * random.normal();
    const channel = (at: 0 | 1 | 2): number => old[at] * light * cast[at] * (1 - haze) + haze * 0.6 + noise;
    return [channel(0), channel(1), channel(2)];
  });
}

/** Smooth random heights, 0..1, with features about `patch` pixels wide. */
function valueNoise(random: DrawingRandom, patch: number): (x: number, y: number) => number {
  const side = 32;
  const heights = Float32Array.from({ length: side * side }, () => random.next());
  const height = (column: number, row: number): number => heights[(row % side) * side + (column % side)]!;
  const ease = (t: number): number => t * t * (3 - 2 * t);
  return (x, y) => {
    const column = floor(x / patch);
    const row = floor(y / patch);
    const across = ease(x / patch - column);
    const down = ease(y / patch - row);
    const top = height(column, row) * (1 - across) + height(column + 1, row) * across;
    const bottom = height(column, row + 1) * (1 - across) + height(column + 1, row + 1) * across;
    return top * (1 - down) + bottom * down;
  };
}
