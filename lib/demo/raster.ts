import { type Color, clamp } from './color';

// Once per file: where globals are looked up in a sandbox, as in Jest, Math.x in a loop over pixels is slow.
const { abs, ceil, floor, max, min, round, sqrt } = Math;

/** A shape with a signed distance to its edge, in pixels: negative inside. */
export interface Shape {
  /** Left, top, right, bottom of everything the shape covers. */
  readonly bounds: readonly [number, number, number, number];
  distance(x: number, y: number): number;
  /** Position within the shape, about -1..1 along its own two axes; for patterns and shading. */
  local(x: number, y: number): readonly [number, number];
}

/** An ellipse with its first radius turned by `angle` radians; the distance is first order, good near the edge. */
export function ellipse(cx: number, cy: number, rx: number, ry: number, angle: number): Shape {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const reach = max(rx, ry);
  const local = (x: number, y: number): readonly [number, number] => {
    const dx = x - cx;
    const dy = y - cy;
    return [(dx * cos + dy * sin) / rx, (dy * cos - dx * sin) / ry];
  };
  return {
    bounds: [cx - reach, cy - reach, cx + reach, cy + reach],
    local,
    distance(x, y) {
      const [u, v] = local(x, y);
      const level = norm(u, v);
      const slope = norm(u / rx, v / ry);
      return slope < 1e-9 ? -min(rx, ry) : (level * (level - 1)) / slope;
    },
  };
}

/** A straight limb from a to b whose radius goes from `ra` to `rb`. */
export function limb(ax: number, ay: number, ra: number, bx: number, by: number, rb: number): Shape {
  const dx = bx - ax;
  const dy = by - ay;
  const lengthSquared = max(dx * dx + dy * dy, 1e-9);
  const span = sqrt(lengthSquared);
  const reach = max(ra, rb);
  const along = (x: number, y: number): number => clamp(((x - ax) * dx + (y - ay) * dy) / lengthSquared);
  return {
    bounds: [min(ax, bx) - reach, min(ay, by) - reach, max(ax, bx) + reach, max(ay, by) + reach],
    distance(x, y) {
      const t = along(x, y);
      return norm(x - ax - t * dx, y - ay - t * dy) - (ra + (rb - ra) * t);
    },
    local(x, y) {
      const t = along(x, y);
      const across = ((y - ay) * dx - (x - ax) * dy) / span;
      return [2 * t - 1, across / (ra + (rb - ra) * t)];
    },
  };
}

/** A leaf: the lens where two equal circles overlap, `length` from tip to tip and `width` across. */
export function leaf(cx: number, cy: number, length: number, width: number, angle: number): Shape {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const half = length / 2;
  const thick = min(width, length * 0.95) / 2;
  const radius = (half * half + thick * thick) / (2 * thick);
  const offset = radius - thick;
  const turn = (x: number, y: number): readonly [number, number] => {
    const dx = x - cx;
    const dy = y - cy;
    return [dx * cos + dy * sin, dy * cos - dx * sin];
  };
  return {
    bounds: [cx - half, cy - half, cx + half, cy + half],
    distance(x, y) {
      const [u, v] = turn(x, y);
      return norm(u, abs(v) + offset) - radius;
    },
    local(x, y) {
      const [u, v] = turn(x, y);
      return [u / half, v / thick];
    },
  };
}

/** A picture being drawn: rows of red, green, blue in 0..1, painted over and over and rounded to bytes at the end. */
export class Raster {
  readonly pixels: Float32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Float32Array(width * height * 3);
  }

  /** Replaces every pixel by `paint(x, y)`; x and y are pixel centres. */
  paint(paint: (x: number, y: number, old: Color) => Color): void {
    for (let y = 0, at = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++, at += 3) {
        const color = paint(x + 0.5, y + 0.5, [this.pixels[at]!, this.pixels[at + 1]!, this.pixels[at + 2]!]);
        this.pixels[at] = color[0];
        this.pixels[at + 1] = color[1];
        this.pixels[at + 2] = color[2];
      }
    }
  }

  /**
   * Paints a shape over what is there. `color` gets the position within the shape; `opacity` is 0..1; the edge is
   * smoothed over `softness` pixels, which is what keeps thin legs from breaking up.
   */
  fill(shape: Shape, color: (u: number, v: number) => Color, opacity = 1, softness = 1): void {
    forEachCovered(this, shape, softness, (at, coverage, x, y) => {
      const [u, v] = shape.local(x, y);
      const paint = color(u, v);
      const alpha = coverage * opacity;
      for (let channel = 0; channel < 3; channel++) {
        const old = this.pixels[3 * at + channel]!;
        this.pixels[3 * at + channel] = old + (paint[channel]! - old) * alpha;
      }
    });
  }

  /** Darkens what lies under the shapes, moved by (dx, dy): one soft shadow, however many shapes overlap. */
  shade(shapes: readonly Shape[], dx: number, dy: number, softness: number, strength: number): void {
    const mask = new Float32Array(this.width * this.height);
    for (const shape of shapes) {
      const [left, top, right, bottom] = shape.bounds;
      const moved: Shape = {
        bounds: [left + dx, top + dy, right + dx, bottom + dy],
        distance: (x, y) => shape.distance(x - dx, y - dy),
        local: (x, y) => shape.local(x - dx, y - dy),
      };
      forEachCovered(this, moved, softness, (at, coverage) => {
        if (coverage > mask[at]!) mask[at] = coverage;
      });
    }
    for (let at = 0; at < mask.length; at++) {
      const factor = 1 - strength * mask[at]!;
      for (let channel = 0; channel < 3; channel++) this.pixels[3 * at + channel]! *= factor;
    }
  }

  /** RGB bytes, row by row. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.pixels.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = round(255 * clamp(this.pixels[at]!));
    return bytes;
  }
}

/** Math.hypot guards against overflow at several times the cost. */
export function norm(x: number, y: number): number {
  return sqrt(x * x + y * y);
}

function forEachCovered(
  raster: Raster,
  shape: Shape,
  softness: number,
  visit: (at: number, coverage: number, x: number, y: number) => void,
): void {
  const [left, top, right, bottom] = shape.bounds;
  const firstX = max(0, floor(left - softness));
  const lastX = min(raster.width - 1, ceil(right + softness));
  const firstY = max(0, floor(top - softness));
  const lastY = min(raster.height - 1, ceil(bottom + softness));
  for (let row = firstY; row <= lastY; row++) {
    for (let column = firstX; column <= lastX; column++) {
      const coverage = clamp(0.5 - shape.distance(column + 0.5, row + 0.5) / softness);
      if (coverage > 0) visit(row * raster.width + column, coverage, column + 0.5, row + 0.5);
    }
  }
}
