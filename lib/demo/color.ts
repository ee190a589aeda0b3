import type { DrawingRandom } from './random';

// Once per file: where globals are looked up in a sandbox, as in Jest, Math.x in a loop over pixels is slow.
const { PI, cos } = Math;

/** Red, green, blue, 0..1. */
export type Color = readonly [number, number, number];

/**
 * A colour of the given lightness (0..1) and strength (0 is grey) with a random hue between two angles in radians:
 * 0 is red, a third of the circle green, two thirds blue; any hue by default.
 */
export function tint(
  random: DrawingRandom,
  lightness: number,
  chroma: number,
  hues: readonly [number, number] = [0, 2 * PI],
): Color {
  const hue = random.between(hues[0], hues[1]);
  const channel = (phase: number): number => clamp(lightness + chroma * cos(hue - phase));
  return [channel(0), channel((2 * PI) / 3), channel((4 * PI) / 3)];
}

export function blend(from: Color, to: Color, amount: number): Color {
  return [
    from[0] + (to[0] - from[0]) * amount,
    from[1] + (to[1] - from[1]) * amount,
    from[2] + (to[2] - from[2]) * amount,
  ];
}

export function scale(color: Color, factor: number): Color {
  return [color[0] * factor, color[1] * factor, color[2] * factor];
}

export function clamp(value: number): number {
  if (value < 0) return 0;
  if (value > 1) return 1;
  return value;
}
