import {
  centerCrop,
  IMAGENET,
  normalize,
  randomHorizontalFlip,
  randomResizedCrop,
  resize,
  type Transform,
  toTensor,
} from '../data/transforms';

/** The tutorial's training pipeline at `size` pixels. */
export function trainTransforms(size: number): Transform[] {
  return [randomResizedCrop(size), randomHorizontalFlip(), toTensor(), normalize(IMAGENET)];
}

/** The tutorial's validation pipeline at `size` pixels: 224 is cut from 256, other sizes in proportion. */
export function valTransforms(size: number): Transform[] {
  return [resize(Math.round((size * 256) / 224)), centerCrop(size), toTensor(), normalize(IMAGENET)];
}
