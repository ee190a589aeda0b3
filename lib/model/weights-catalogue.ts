import type { Architecture } from '../native/types';

/** A published weight file. */
export interface PublishedWeights {
  arch: Architecture;
  classes: number;
  fileName: string;
  url: string;
  /**
   * What the SHA-256 of the file begins with: all 64 hex digits where they are known, else the 8 that torchvision puts
   * into the file's name and that PyTorch's own hub checks.
   */
  sha256: string;
  /** Bytes of the file: exact where the whole hash is known, else from torchvision's figure, which ends at 0.001 MiB. */
  size: number;
}

const MIB = 2 ** 20;

/** @param mebibytes torchvision's `_file_size` */
function published<Arch extends Architecture>(
  arch: Arch,
  digits: string,
  mebibytes: number,
  exact?: { sha256: string; size: number },
) {
  const fileName = `${arch}-${digits}.pth`;
  return {
    arch,
    classes: 1000,
    fileName,
    url: `https://download.pytorch.org/models/${fileName}`,
    sha256: exact?.sha256 ?? digits,
    size: exact?.size ?? Math.round(mebibytes * MIB),
  };
}

/**
 * Weight files that a configuration can name, by architecture; names, files and sizes are those of torchvision 0.28
 * (models/resnet.py). Version 2 came out of a longer training recipe, at a validation resize of 232.
 */
export const PUBLISHED_WEIGHTS = {
  resnet18: {
    IMAGENET1K_V1: published('resnet18', 'f37072fd', 44.661, {
      sha256: 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
      size: 46_830_571,
    }),
  },
  resnet34: { IMAGENET1K_V1: published('resnet34', 'b627a593', 83.275) },
  resnet50: {
    IMAGENET1K_V1: published('resnet50', '0676ba61', 97.781),
    IMAGENET1K_V2: published('resnet50', '11ad3fa6', 97.79),
  },
  resnet101: {
    IMAGENET1K_V1: published('resnet101', '63fe2227', 170.511),
    IMAGENET1K_V2: published('resnet101', 'cd907fc2', 170.53),
  },
  resnet152: {
    IMAGENET1K_V1: published('resnet152', '394f9c45', 230.434),
    IMAGENET1K_V2: published('resnet152', 'f82ba261', 230.474),
  },
} as const satisfies Record<Architecture, object>;

export const WEIGHTS_NAMES = ['IMAGENET1K_V1', 'IMAGENET1K_V2'] as const;
export type WeightsName = (typeof WEIGHTS_NAMES)[number];

/** The file that a name stands for; undefined where torchvision has none of that name. */
export function publishedWeights(arch: Architecture, name: WeightsName): PublishedWeights | undefined {
  const names: { readonly [Name in WeightsName]?: PublishedWeights } = PUBLISHED_WEIGHTS[arch];
  return names[name];
}

/** Bounds of a file's size in bytes. */
export function sizeBounds({ sha256, size }: PublishedWeights) {
  const slack = sha256.length === 64 ? 0 : Math.ceil(MIB / 1000);
  return { about: size, least: size - slack, most: size + slack };
}
