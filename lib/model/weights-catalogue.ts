import type { Architecture } from '../native/types';

/** A published weight file. */
export interface PublishedWeights {
  arch: Architecture;
  classes: number;
  fileName: string;
  url: string;
  /** SHA-256 of the file. */
  sha256: string;
  /** Bytes of the file. */
  size: number;
}

/** Weight files that a configuration can name; names and files are torchvision's. */
export const PUBLISHED_WEIGHTS: { readonly IMAGENET1K_V1: PublishedWeights } = {
  IMAGENET1K_V1: {
    arch: 'resnet18',
    classes: 1000,
    fileName: 'resnet18-f37072fd.pth',
    url: 'https://download.pytorch.org/models/resnet18-f37072fd.pth',
    sha256: 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
    size: 46_830_571,
  },
};

export type WeightsName = keyof typeof PUBLISHED_WEIGHTS;
