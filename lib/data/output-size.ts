import type { Padding, Transform } from './transforms';

type Size = [number, number];

/** [height, width] that a pipeline gives every image; null when that depends on the image. */
export function outputSize(transforms: readonly Transform[]): Size | null {
  return transforms.reduce<Size | null>(sizeBehind, null);
}

/** The size of images of size `before`, null for any, behind a transform. */
function sizeBehind(before: Size | null, transform: Transform): Size | null {
  switch (transform.type) {
    case 'resize':
      if (typeof transform.size !== 'number') return [...transform.size];
      return before && shorterSideTo(transform.size, before, transform.maxSize);
    case 'centerCrop':
    case 'randomCrop':
    case 'randomResizedCrop':
      return typeof transform.size === 'number' ? [transform.size, transform.size] : [...transform.size];
    case 'pad':
      return before && padded(before, transform.padding);
    case 'randomRotation':
      return transform.expand ? null : before;
    default:
      return before;
  }
}

/**
 * torchvision's Resize(int, max_size): the longer side is cut to an integer; when it exceeds `longest`, it becomes that
 * and the shorter one is cut.
 */
function shorterSideTo(size: number, [height, width]: Size, longest = Number.POSITIVE_INFINITY): Size {
  let [shorter, longer] = [size, Math.trunc((size * Math.max(height, width)) / Math.min(height, width))];
  if (longer > longest) [shorter, longer] = [Math.max(1, Math.trunc((longest * shorter) / longer)), longest];
  return height <= width ? [shorter, longer] : [longer, shorter];
}

function padded([height, width]: Size, padding: Padding): Size {
  if (typeof padding === 'number') return [height + 2 * padding, width + 2 * padding];
  const [left, top, right = left, bottom = top] = padding;
  return [height + top + bottom, width + left + right];
}
