import { tint } from './color';
import { drawInsect, type InsectClass, type Palette } from './insect';
import { DrawingRandom } from './random';
import { Raster } from './raster';
import { drawGround, photograph } from './scene';

export type { InsectClass } from './insect';

/** Class folders in ImageFolder's order. */
export const INSECT_CLASSES: readonly InsectClass[] = ['ants', 'bees'];

export interface InsectImage {
  /** Which set of images; another seed gives other images throughout. */
  seed: number;
  split: 'train' | 'val';
  insect: InsectClass;
  /** Number within its class and split, from 0. */
  index: number;
  /** Width and height in pixels. */
  size: number;
}

/**
 * Draws one insect on the ground as size x size x 3 RGB bytes; the same arguments give the same bytes.
 *
 * Ant number i and bee number i of a split are twins: they share ground, light, colours, place, size and pose, so
 * nothing but the shape of the insect can tell the classes apart.
 */
export function drawInsectImage({ seed, split, insect, index, size }: InsectImage): Uint8Array {
  const key = [seed, split === 'train' ? 1 : 2, index];
  const random = new DrawingRandom(...key, 1);
  const raster = new Raster(size, size);
  drawGround(raster, new DrawingRandom(...key, 2));
  const length = random.between(0.62, 0.85) * size;
  // Far enough from the border for the body to stay in the picture; legs and wings may leave it.
  const room = (size - length) / 2;
  const pose = {
    x: size / 2 + random.between(-room, room),
    y: size / 2 + random.between(-room, room),
    length,
    heading: random.between(0, 2 * Math.PI),
    bend: random.between(-0.4, 0.4),
    light: random.between(0, 2 * Math.PI),
  };
  drawInsect(raster, insect, pose, choosePalette(random), new DrawingRandom(...key, 3));
  photograph(raster, new DrawingRandom(...key, 4));
  return raster.toBytes();
}

/**
 * A dark colour, a warm one for bands and tails, and light wings. The bands of a bee cover about as much as the tail of
 * an ant, and its light wings make up for its darker, larger body, so that both classes have the same mean colour.
 */
function choosePalette(random: DrawingRandom): Palette {
  const first = tint(random, random.between(0.05, 0.17), 0.04);
  const second = tint(random, random.between(0.35, 0.75), 0.2, [0, 1.2]);
  const wing = tint(random, random.between(0.76, 0.92), 0.04);
  return { first, second, wing };
}
