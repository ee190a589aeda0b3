/**
 * torchvision's transforms as plain, serialisable objects, and the functions that make them. Names, defaults and
 * meaning are torchvision's (`torchvision.transforms`), on its PIL path: uint8 RGB, bilinear with antialias.
 */

export interface Resize {
  type: 'resize';
  /** Shorter side in pixels, or exact [height, width]. */
  size: number | [number, number];
}
export interface CenterCrop {
  type: 'centerCrop';
  size: number | [number, number];
}
export interface RandomResizedCrop {
  type: 'randomResizedCrop';
  size: number | [number, number];
  /** Share of the image's area, [min, max] in (0, 1]. */
  scale: [number, number];
  /** Width over height, [min, max]. */
  ratio: [number, number];
}
export interface RandomHorizontalFlip {
  type: 'randomHorizontalFlip';
  /** Probability, 0..1. */
  p: number;
}
export interface ToTensor {
  type: 'toTensor';
}
export interface Normalize {
  type: 'normalize';
  mean: [number, number, number];
  std: [number, number, number];
}

export type Transform = Resize | CenterCrop | RandomResizedCrop | RandomHorizontalFlip | ToTensor | Normalize;

/** Channel means and standard deviations that torchvision's ImageNet weights were trained with (RGB, 0..1). */
export const IMAGENET: Readonly<Pick<Normalize, 'mean' | 'std'>> = Object.freeze({
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
});

/** Shorter side to `size`, keeping the aspect ratio; or exactly `[height, width]`. */
export function resize(size: number | [number, number]): Resize {
  return { type: 'resize', size };
}

/** The central `size` x `size` (or `[height, width]`) pixels, zero-padded where the image is smaller. */
export function centerCrop(size: number | [number, number]): CenterCrop {
  return { type: 'centerCrop', size };
}

/**
 * A random area and aspect ratio of the image, resized to `size`.
 * @param options.scale default [0.08, 1]
 * @param options.ratio default [3/4, 4/3]
 */
export function randomResizedCrop(
  size: number | [number, number],
  options: { scale?: [number, number]; ratio?: [number, number] } = {},
): RandomResizedCrop {
  return {
    type: 'randomResizedCrop',
    size,
    scale: options.scale ?? [0.08, 1],
    ratio: options.ratio ?? [3 / 4, 4 / 3],
  };
}

/** Mirrors left to right with probability `p`, default 0.5. */
export function randomHorizontalFlip(p = 0.5): RandomHorizontalFlip {
  return { type: 'randomHorizontalFlip', p };
}

/** uint8 0..255 to float32 0..1. */
export function toTensor(): ToTensor {
  return { type: 'toTensor' };
}

/** (x - mean) / std per channel, after `toTensor`. */
export function normalize(options: Readonly<Pick<Normalize, 'mean' | 'std'>>): Normalize {
  return { type: 'normalize', mean: [...options.mean], std: [...options.std] };
}
