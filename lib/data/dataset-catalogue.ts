/** A published data set: a zip with one folder that has train/ and val/. */
export interface PublishedDataset {
  name: string;
  url: string;
  fileName: string;
  /** The folder in the zip. */
  folder: string;
  /** Images by phase. */
  images: { train: number; val: number };
  /** SHA-256 over the images' own SHA-256 and names; see `contentsSha256` in fetch-dataset.ts. */
  contentsSha256: string;
  /** The zip's size in bytes, about, and its bounds: its contents are what is checked. */
  bytes: { about: number; least: number; most: number };
}

/** Data sets that a configuration can name. */
export const PUBLISHED_DATASETS = {
  /** Ants and bees, of PyTorch's transfer-learning tutorial. */
  hymenoptera: {
    name: 'hymenoptera',
    url: 'https://download.pytorch.org/tutorial/hymenoptera_data.zip',
    fileName: 'hymenoptera_data.zip',
    folder: 'hymenoptera_data',
    images: { train: 244, val: 153 },
    contentsSha256: 'ed5c29da93340c525d6a6a72edd8db3c804cf9899d946fc2ac967955741824c0',
    bytes: { about: 47_000_000, least: 40_000_000, most: 60_000_000 },
  },
} as const satisfies Readonly<Record<string, PublishedDataset>>;

export type DatasetName = keyof typeof PUBLISHED_DATASETS;
