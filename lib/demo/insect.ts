import { blend, type Color, clamp, scale } from './color';
import type { DrawingRandom } from './random';
import { ellipse, limb, norm, type Raster, type Shape } from './raster';

// Once per file: where globals are looked up in a sandbox, as in Jest, Math.x in a loop over pixels is slow.
const { PI, atan2, cos, max, min, sin } = Math;

export type InsectClass = 'ants' | 'bees';

/** Where and how the insect sits: the same distribution for both classes. */
export interface Pose {
  /** Middle of the body, in pixels. */
  x: number;
  y: number;
  /** Head to tail, in pixels. */
  length: number;
  /** Direction of the head, in radians. */
  heading: number;
  /** How far the tail is bent to one side, in radians. */
  bend: number;
  /** Direction of the light, in radians. */
  light: number;
}

/** The colours of a body: the same distribution for both classes. */
export interface Palette {
  first: Color;
  second: Color;
  wing: Color;
}

interface Part {
  shape: Shape;
  color: (u: number, v: number) => Color;
  opacity: number;
  softness: number;
}

/**
 * Draws one insect seen from above. An ant has three well separated segments on a thin waist, long thin legs and
 * elbowed antennae; a bee has a stout, furry, banded body and wings. Nothing but the outline and its parts tells the
 * two apart: size, pose, colours and light come from outside.
 */
export function drawInsect(
  raster: Raster,
  insect: InsectClass,
  pose: Pose,
  palette: Palette,
  random: DrawingRandom,
): void {
  const body = new Body(pose, random);
  const parts = insect === 'ants' ? antParts(body, palette, random) : beeParts(body, palette, random);
  const reach = pose.length * 0.06;
  raster.shade(
    parts.map((part) => part.shape),
    -reach * cos(pose.light),
    -reach * sin(pose.light),
    max(2, reach),
    random.between(0.1, 0.4),
  );
  for (const part of parts) raster.fill(part.shape, part.color, part.opacity, part.softness);
}

/** Turns positions on the body (x forward, y to the left, the body's length is 1) into pixels, bend included. */
class Body {
  constructor(
    readonly pose: Pose,
    private readonly random: DrawingRandom,
  ) {}

  /** Pixel position and local direction of a point on the body. */
  place(x: number, y: number): { x: number; y: number; angle: number } {
    const { pose } = this;
    // Behind the thorax the axis turns by the whole bend; the head turns half as far the other way.
    const turn = x < 0 ? pose.bend : x > 0.25 ? -pose.bend / 2 : 0;
    const pivot = max(0, min(0.25, x));
    const alongX = pivot + (x - pivot) * Math.cos(turn) - y * Math.sin(turn);
    const alongY = (x - pivot) * Math.sin(turn) + y * Math.cos(turn);
    const cos = Math.cos(pose.heading);
    const sin = Math.sin(pose.heading);
    return {
      x: pose.x + pose.length * (alongX * cos - alongY * sin),
      y: pose.y + pose.length * (alongX * sin + alongY * cos),
      angle: pose.heading + turn,
    };
  }

  segment(x: number, rx: number, ry: number): Shape {
    const at = this.place(x, 0);
    const { length } = this.pose;
    return ellipse(at.x, at.y, rx * length * this.vary(), ry * length * this.vary(), at.angle);
  }

  /** A jointed limb: each joint is [length, turn in radians against the one before]. */
  limb(
    x: number,
    y: number,
    angle: number,
    joints: readonly (readonly [number, number])[],
    radius: number,
  ): Shape[] {
    const { length } = this.pose;
    let at = this.place(x, y);
    let direction = at.angle + angle;
    const shapes: Shape[] = [];
    joints.forEach(([reach, turn], index) => {
      direction += turn;
      const size = reach * length * this.vary();
      const end = {
        x: at.x + size * cos(direction),
        y: at.y + size * sin(direction),
        angle: at.angle,
      };
      const thick = (radius * length) / (1 + 0.4 * index);
      shapes.push(limb(at.x, at.y, max(thick, 0.55), end.x, end.y, max(thick * 0.7, 0.45)));
      at = end;
    });
    return shapes;
  }

  /** A few percent of difference between any two insects. */
  vary(): number {
    return this.random.between(0.9, 1.1);
  }
}

function antParts(body: Body, palette: Palette, random: DrawingRandom): Part[] {
  const { first, second } = palette;
  const parts: Part[] = [];
  for (const side of [-1, 1]) {
    for (const [x, angle] of [
      [0.19, 0.85],
      [0.12, 1.6],
      [0.05, 2.3],
    ] as const) {
      const swing = angle + random.between(-0.25, 0.25);
      const knee = side * (angle > 1.2 ? 0.5 : -0.4) + random.between(-0.25, 0.25);
      const joints = [[0.2, side * swing] as const, [0.25, knee] as const];
      parts.push(...limbs(body.limb(x, side * 0.05, 0, joints, 0.018), blend(first, second, 0.15)));
    }
    const elbow = [
      [0.15, side * random.between(0.6, 0.95)] as const,
      [0.2, -side * random.between(0.6, 1.1)] as const,
    ];
    parts.push(...limbs(body.limb(0.43, side * 0.05, 0, elbow, 0.015), first));
  }
  const tail = random.chance(0.5) ? second : first;
  parts.push(
    solid(body.segment(-0.31, 0.2, 0.135), banded(body, tail, random.chance(0.5) ? first : second, 3)),
  );
  parts.push(solid(body.segment(-0.075, 0.04, 0.038), plain(body, first)));
  parts.push(solid(body.segment(0.1, 0.14, 0.068), plain(body, random.chance(0.5) ? second : first)));
  parts.push(solid(body.segment(0.36, 0.12, 0.105), plain(body, first)));
  return parts;
}

function beeParts(body: Body, palette: Palette, random: DrawingRandom): Part[] {
  const { first, second, wing } = palette;
  const parts: Part[] = [];
  for (const side of [-1, 1]) {
    for (const [x, angle] of [
      [0.22, 0.9],
      [0.13, 1.55],
      [0.03, 2.2],
    ] as const) {
      const joints = [
        [0.22, side * (angle + random.between(-0.2, 0.2))] as const,
        [0.13, side * random.between(0.2, 0.7)] as const,
      ];
      parts.push(...limbs(body.limb(x, side * 0.08, 0, joints, 0.026), blend(first, second, 0.15)));
    }
    parts.push(
      ...limbs(body.limb(0.43, side * 0.06, 0, [[0.15, side * random.between(0.3, 0.7)]], 0.017), first),
    );
  }
  parts.push(
    furry(body.segment(-0.22, 0.29, 0.185), banded(body, second, first, random.integer(3, 5)), random, 0.5),
  );
  parts.push(furry(body.segment(0.13, 0.19, 0.175), plain(body, first), random, 1));
  parts.push(solid(body.segment(0.36, 0.11, 0.13), plain(body, first)));
  const spread = random.between(1.75, 2.6);
  const opacity = random.between(0.5, 0.8);
  for (const side of [-1, 1]) {
    const open = side * (spread + random.between(-0.12, 0.12));
    parts.push(wingPart(body, 0.06, side * 0.09, open + side * 0.3, 0.36, 0.085, wing, opacity));
    parts.push(wingPart(body, 0.16, side * 0.1, open, 0.55, 0.11, wing, opacity));
  }
  return parts;
}

function limbs(shapes: Shape[], color: Color): Part[] {
  return shapes.map((shape) => ({ shape, color: () => color, opacity: 1, softness: 1 }));
}

function solid(shape: Shape, color: Part['color']): Part {
  return { shape, color, opacity: 1, softness: 1 };
}

/** A shape whose edge is hair: the distance wobbles quickly around the outline. */
function furry(shape: Shape, color: Part['color'], random: DrawingRandom, strength: number): Part {
  const phase = random.between(0, 6);
  const hairs = random.integer(17, 29);
  const [left, top, right, bottom] = shape.bounds;
  return {
    shape: {
      bounds: [left - 1, top - 1, right + 1, bottom + 1],
      local: shape.local,
      distance: (x, y) => {
        const [u, v] = shape.local(x, y);
        return shape.distance(x, y) + strength * sin(hairs * atan2(v, u) + phase);
      },
    },
    color,
    opacity: 1,
    softness: 1.5,
  };
}

function wingPart(
  body: Body,
  x: number,
  y: number,
  angle: number,
  length: number,
  width: number,
  color: Color,
  opacity: number,
): Part {
  const root = body.place(x, y);
  const direction = body.pose.heading + angle;
  const half = (length * body.pose.length * body.vary()) / 2;
  const shape = ellipse(
    root.x + half * cos(direction),
    root.y + half * sin(direction),
    half,
    width * body.pose.length * body.vary(),
    direction,
  );
  // Veins: a few darker lines along the wing.
  const veined = (_u: number, v: number): Color => scale(color, 0.85 + 0.15 * cos(9 * v));
  return { shape, color: veined, opacity, softness: 1 };
}

function plain(body: Body, color: Color): Part['color'] {
  return shaded(body, () => color);
}

/** Bands of two colours across the segment. */
function banded(body: Body, color: Color, band: Color, count: number): Part['color'] {
  return shaded(body, (u) => blend(color, band, clamp(0.5 + 2.5 * sin(count * PI * u))));
}

/** Rounds a segment: brighter towards the light, darker away from it. */
function shaded(body: Body, color: (u: number) => Color): Part['color'] {
  const towards = body.pose.light - body.pose.heading;
  const lightU = cos(towards);
  const lightV = sin(towards);
  return (u, v) => {
    const lit = u * lightU + v * lightV;
    return blend(
      scale(color(u), 1 + 0.25 * lit),
      [1, 1, 1],
      0.35 * clamp(2 * lit - 0.8) * clamp(1.2 - norm(u, v)),
    );
  };
}
