import type { Transform } from './transforms';

/** [height, width] that a pipeline gives every image; null when that depends on the image. */
export function outputSize(transforms: readonly Transform[]): [number, number] | null {
  let result: [number, number] | null = null;
  for (const transform of transforms) {
    if (!('size' in transform)) continue;
    const { size: wanted, type } = transform;
    if (typeof wanted !== 'number') {
      result = [wanted[0], wanted[1]];
    } else if (type === 'resize') {
      result = result === null ? null : shorterSideTo(wanted, result);
    } else {
      result = [wanted, wanted];
    }
  }
  return result;
}

/** torchvision's Resize(int): the longer side is cut to an integer. */
function shorterSideTo(size: number, [height, width]: [number, number]): [number, number] {
  return height <= width
    ? [size, Math.trunc((size * width) / height)]
    : [Math.trunc((size * height) / width), size];
}
