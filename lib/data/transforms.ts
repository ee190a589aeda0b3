/**
 * torchvision's transforms as plain, serialisable objects, and the functions that make them. Names, defaults and
 * meaning are torchvision's (`torchvision.transforms`), on its PIL path: uint8 RGB, resized bilinearly with antialias.
 */

/** In pixels: [height, width], or one number. */
export type ImageSize = number | [number, number];
/** From the smallest to the largest. */
export type Range = [number, number];
/** A grey level, or [red, green, blue]; integers 0..255. */
export type Fill = number | [number, number, number];
/** Pixels on all sides; or [left and right, above and below]; or [left, above, right, below]. Integers 0..4096. */
export type Padding = number | [number, number] | [number, number, number, number];
/** What goes on outside an image: `fill`; its outermost pixels; its mirror image without or with these. */
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric';
export type Interpolation = 'nearest' | 'bilinear';

export interface Resize {
  type: 'resize';
  /** Shorter side in pixels, or exact [height, width]. */
  size: ImageSize;
  /** Upper bound of the longer side, above `size`; only where `size` is a number. */
  maxSize?: number | undefined;
}
export interface CenterCrop {
  type: 'centerCrop';
  size: ImageSize;
}
export interface RandomResizedCrop {
  type: 'randomResizedCrop';
  size: ImageSize;
  /** Share of the image's area, [min, max] in (0, 1]. */
  scale: Range;
  /** Width over height, [min, max]. */
  ratio: Range;
}
export interface Pad {
  type: 'pad';
  padding: Padding;
  fill: Fill;
  paddingMode: PaddingMode;
}
export interface RandomCrop {
  type: 'randomCrop';
  size: ImageSize;
  padding?: Padding | undefined;
  /** Whether an image that is still smaller than the crop gets what it lacks, on both sides. */
  padIfNeeded: boolean;
  fill: Fill;
  paddingMode: PaddingMode;
}
export interface RandomHorizontalFlip {
  type: 'randomHorizontalFlip';
  /** Probability, 0..1. */
  p: number;
}
export interface RandomVerticalFlip {
  type: 'randomVerticalFlip';
  /** Probability, 0..1. */
  p: number;
}
export interface ColorJitter {
  type: 'colorJitter';
  /** Factor's range, or its largest distance from 1. */
  brightness: number | Range;
  contrast: number | Range;
  saturation: number | Range;
  /** Range of the turn of the hue in full circles, within -0.5..0.5, or its largest distance from 0. */
  hue: number | Range;
}
export interface RandomRotation {
  type: 'randomRotation';
  /** Range of the angle, counter-clockwise, or its largest distance from 0. */
  degrees: number | Range;
  interpolation: Interpolation;
  /** Whether the image grows so that all of the rotated one is seen. */
  expand: boolean;
  /** [x, y] in pixels from the upper left corner; the image's centre without it. */
  center?: [number, number] | undefined;
  fill: Fill;
}
export interface Grayscale {
  type: 'grayscale';
  /** The models see three channels: three equal ones. */
  numOutputChannels: 3;
}
export interface RandomGrayscale {
  type: 'randomGrayscale';
  /** Probability, 0..1. */
  p: number;
}
export interface RandAugment {
  type: 'randAugment';
  /** Operations one after the other. */
  numOps: number;
  /** Strength of all of them, 0 to `numMagnitudeBins` - 1. */
  magnitude: number;
  numMagnitudeBins: number;
  interpolation: Interpolation;
  fill: Fill;
}
export interface TrivialAugmentWide {
  type: 'trivialAugmentWide';
  numMagnitudeBins: number;
  interpolation: Interpolation;
  fill: Fill;
}
export interface ToTensor {
  type: 'toTensor';
}
export interface Normalize {
  type: 'normalize';
  mean: [number, number, number];
  std: [number, number, number];
}
export interface RandomErasing {
  type: 'randomErasing';
  /** Probability, 0..1. */
  p: number;
  /** Share of the image's area, [min, max] in [0, 1]. */
  scale: Range;
  /** Height over width, [min, max]. */
  ratio: Range;
  /** What is written, as it stands at this place in the list: after `normalize`, normalized values. */
  value: number | [number, number, number] | 'random';
}

export type Transform =
  | Resize
  | CenterCrop
  | RandomResizedCrop
  | Pad
  | RandomCrop
  | RandomHorizontalFlip
  | RandomVerticalFlip
  | ColorJitter
  | RandomRotation
  | Grayscale
  | RandomGrayscale
  | RandAugment
  | TrivialAugmentWide
  | ToTensor
  | Normalize
  | RandomErasing;

/** Channel means and standard deviations that torchvision's ImageNet weights were trained with (RGB, 0..1). */
export const IMAGENET: Readonly<Pick<Normalize, 'mean' | 'std'>> = Object.freeze({
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
});

/**
 * Shorter side to `size`, keeping the aspect ratio; or exactly `[height, width]`.
 * @param options.maxSize upper bound of the longer side: an image that would exceed it becomes smaller; default none
 */
export function resize(size: ImageSize, options: { maxSize?: number | undefined } = {}): Resize {
  return { type: 'resize', size, ...options };
}

/** The central `size` x `size` (or `[height, width]`) pixels, zero-padded where the image is smaller. */
export function centerCrop(size: ImageSize): CenterCrop {
  return { type: 'centerCrop', size };
}

/**
 * A random area and aspect ratio of the image, resized to `size`.
 * @param options.scale default [0.08, 1]
 * @param options.ratio default [3/4, 4/3]
 */
export function randomResizedCrop(
  size: ImageSize,
  options: { scale?: Range; ratio?: Range } = {},
): RandomResizedCrop {
  return {
    type: 'randomResizedCrop',
    size,
    scale: options.scale ?? [0.08, 1],
    ratio: options.ratio ?? [3 / 4, 4 / 3],
  };
}

/**
 * More pixels around the image.
 * @param options.fill for paddingMode `constant`; default 0, black
 * @param options.paddingMode default `constant`
 */
export function pad(padding: Padding, options: { fill?: Fill; paddingMode?: PaddingMode } = {}): Pad {
  return { type: 'pad', padding, fill: 0, paddingMode: 'constant', ...options };
}

/**
 * `size` x `size` (or `[height, width]`) pixels at a random place. An image that is smaller, with its padding, is
 * IMAGE_TOO_SMALL unless `padIfNeeded`.
 * @param options.padding around the image beforehand; default none
 * @param options.padIfNeeded default false
 * @param options.fill for paddingMode `constant`; default 0, black
 * @param options.paddingMode default `constant`
 */
export function randomCrop(
  size: ImageSize,
  options: {
    padding?: Padding | undefined;
    padIfNeeded?: boolean;
    fill?: Fill;
    paddingMode?: PaddingMode;
  } = {},
): RandomCrop {
  return { type: 'randomCrop', size, padIfNeeded: false, fill: 0, paddingMode: 'constant', ...options };
}

/** Mirrors left to right with probability `p`, default 0.5. */
export function randomHorizontalFlip(p = 0.5): RandomHorizontalFlip {
  return { type: 'randomHorizontalFlip', p };
}

/** Turns upside down, as a mirror does, with probability `p`, default 0.5. */
export function randomVerticalFlip(p = 0.5): RandomVerticalFlip {
  return { type: 'randomVerticalFlip', p };
}

/**
 * Changes brightness, contrast, saturation and hue, in random order, by factors drawn from ranges. A number d means
 * [max(0, 1 - d), 1 + d], for the hue [-d, d]; the default 0 leaves that one alone.
 */
export function colorJitter(options: Partial<Omit<ColorJitter, 'type'>> = {}): ColorJitter {
  return { type: 'colorJitter', brightness: 0, contrast: 0, saturation: 0, hue: 0, ...options };
}

/**
 * Turns the image by a random angle.
 * @param degrees the angle's range, counter-clockwise; a number d means [-d, d]
 * @param options.interpolation default `nearest`
 * @param options.expand default false: the image keeps its size. With it images differ in size, so that a `resize` to
 * [height, width] or a crop has to follow
 * @param options.center [x, y]; default the image's centre
 * @param options.fill where there is nothing to see; default 0, black
 */
export function randomRotation(
  degrees: number | Range,
  options: Partial<Omit<RandomRotation, 'type' | 'degrees'>> = {},
): RandomRotation {
  return { type: 'randomRotation', degrees, interpolation: 'nearest', expand: false, fill: 0, ...options };
}

/** Three equal channels of luma (ITU-R 601). */
export function grayscale(): Grayscale {
  return { type: 'grayscale', numOutputChannels: 3 };
}

/** The same with probability `p`, default 0.1. */
export function randomGrayscale(p = 0.1): RandomGrayscale {
  return { type: 'randomGrayscale', p };
}

/**
 * `numOps` of 14 operations, chosen at random, all at the same magnitude (Cubuk et al., "RandAugment", 2019).
 * @param options.numOps default 2
 * @param options.magnitude default 9
 * @param options.numMagnitudeBins default 31
 * @param options.interpolation default `nearest`
 * @param options.fill default 0, black
 */
export function randAugment(options: Partial<Omit<RandAugment, 'type'>> = {}): RandAugment {
  return {
    type: 'randAugment',
    numOps: 2,
    magnitude: 9,
    numMagnitudeBins: 31,
    interpolation: 'nearest',
    fill: 0,
    ...options,
  };
}

/**
 * One of 14 operations at one of `numMagnitudeBins` magnitudes, both chosen at random (Müller and Hutter,
 * "TrivialAugment", 2021).
 * @param options.numMagnitudeBins default 31
 * @param options.interpolation default `nearest`
 * @param options.fill default 0, black
 */
export function trivialAugmentWide(
  options: Partial<Omit<TrivialAugmentWide, 'type'>> = {},
): TrivialAugmentWide {
  return { type: 'trivialAugmentWide', numMagnitudeBins: 31, interpolation: 'nearest', fill: 0, ...options };
}

/** uint8 0..255 to float32 0..1. */
export function toTensor(): ToTensor {
  return { type: 'toTensor' };
}

/** (x - mean) / std per channel, after `toTensor`. */
export function normalize(options: Readonly<Pick<Normalize, 'mean' | 'std'>>): Normalize {
  return { type: 'normalize', mean: [...options.mean], std: [...options.std] };
}

/**
 * Overwrites a random rectangle, after `toTensor`.
 * @param options.p default 0.5
 * @param options.scale default [0.02, 0.33]
 * @param options.ratio default [0.3, 3.3]
 * @param options.value default 0; `random` is normal noise, mean 0 and standard deviation 1
 */
export function randomErasing(options: Partial<Omit<RandomErasing, 'type'>> = {}): RandomErasing {
  return { type: 'randomErasing', p: 0.5, scale: [0.02, 0.33], ratio: [0.3, 3.3], value: 0, ...options };
}
