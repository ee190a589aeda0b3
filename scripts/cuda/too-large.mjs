/** A batch that no step of a device finds memory for, and that can be halved until it does. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Much on the device for little in the loader: what a step keeps of an image is a thousand times its bytes. */
const ARCH = 'resnet152';
const IMAGE_SIZE = 512;
/** Times the device's memory. */
const EXCESS = 1.5;

/** @param totalMemory of the device, in bytes */
export function tooLarge(totalMemory) {
  const { resnetSizes } = require('../../dist/model/resnet-sizes.js');
  const { activations, pooled } = resnetSizes(ARCH, 2, [IMAGE_SIZE, IMAGE_SIZE]);
  // Each convolution's output in float32, and BatchNorm's of it.
  const bytesOfImage = 4 * (2 * activations + pooled);
  return { arch: ARCH, imageSize: IMAGE_SIZE, batch: Math.ceil((EXCESS * totalMemory) / bytesOfImage) };
}
