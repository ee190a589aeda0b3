import type { Architecture } from '../native/types';
import type { StateDictEntry } from './state-dict';

/** torchvision's ResNet family. */
export const ARCHITECTURES = [
  'resnet18',
  'resnet34',
  'resnet50',
  'resnet101',
  'resnet152',
] as const satisfies readonly Architecture[];

export const DEFAULT_ARCHITECTURE = 'resnet18' satisfies Architecture;

/**
 * What tells the members apart in a state dict: the number of blocks in layer1 to layer4, and the shape of one block's
 * 3x3 convolution, which torchvision's wide and grouped ResNets have in another size under the same names.
 */
const SIGNATURES: Record<Architecture, string> = {
  resnet18: '2,2,2,2 basic',
  resnet34: '3,4,6,3 basic',
  resnet50: '3,4,6,3 bottleneck',
  resnet101: '3,4,23,3 bottleneck',
  resnet152: '3,8,36,3 bottleneck',
};

/** Blocks of layer1 to layer4, and whether they are Bottlenecks. */
export function blocksOf(arch: Architecture): { counts: number[]; bottleneck: boolean } {
  const [counts = '', kind] = SIGNATURES[arch].split(' ');
  return { counts: counts.split(',').map(Number), bottleneck: kind === 'bottleneck' };
}

/** Which ResNet the tensors are of, told by their names and shapes; null for anything else. */
export function architectureOf(entries: readonly StateDictEntry[]): Architecture | null {
  const shapes = new Map(entries.map(({ name, shape }) => [name, shape.join(',')]));
  if (shapes.get('conv1.weight') !== '64,3,7,7' || shapes.get('layer1.0.conv2.weight') !== '64,64,3,3')
    return null;
  const blocks = [1, 2, 3, 4].map((layer) => countBlocks(shapes, layer)).join(',');
  const kind = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  return ARCHITECTURES.find((arch) => SIGNATURES[arch] === `${blocks} ${kind}`) ?? null;
}

function countBlocks(shapes: ReadonlyMap<string, string>, layer: number): number {
  let count = 0;
  while (shapes.has(`layer${layer}.${count}.conv1.weight`)) count += 1;
  return count;
}
