import { objectOf } from '../native/arguments';
import { createNative, ResNet, type ResNetOptions } from './resnet';

export type ResNet18Options = Omit<ResNetOptions, 'arch'>;

/** torchvision's ResNet-18: a `ResNet` of `arch` `resnet18`. */
export class ResNet18 extends ResNet {
  /** As `ResNet.create({ arch: 'resnet18', ...options })`. */
  static override async create(options: ResNet18Options): Promise<ResNet18> {
    return new ResNet18(await createNative({ ...objectOf(options), arch: 'resnet18' }));
  }
}
