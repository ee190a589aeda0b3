import type { ResolvedConfig } from '../config/types';
import { PUBLISHED_DATASETS } from '../data/dataset-catalogue';
import { fetchDataset } from '../data/fetch-dataset';
import type { DownloadProgress } from '../download/types';
import type { PrepareModelOptions } from '../model/prepare-model';
import { findWeights } from '../model/weights';
import type { StopControl } from './stop-control';

export interface FetchOptions {
  warn: PrepareModelOptions['warn'];
  control: StopControl;
  onDownload: ((progress: DownloadProgress) => void) | undefined;
}

/** Brings the published data sets that a run names. Throws DATASET_*, DOWNLOAD_*, ARCHIVE_UNSAFE. */
export async function fetchData(config: ResolvedConfig, options: FetchOptions): Promise<void> {
  const { control, onDownload: onProgress } = options;
  const { train, val } = config.data;
  const names = new Set([train, val].flatMap((source) => ('dataset' in source ? [source.dataset] : [])));
  for (const name of names)
    await control.abortable((signal) => fetchDataset(PUBLISHED_DATASETS[name], { signal, onProgress }));
}

/** The weight file that a run starts from, brought where it is missing; null for random weights. Throws WEIGHTS_*, DOWNLOAD_*. */
export function fetchWeights(config: ResolvedConfig, options: FetchOptions): Promise<string | null> {
  const { warn, control, onDownload: onProgress } = options;
  const { arch, weights } = config.model;
  return control.abortable((signal) => findWeights(weights, { arch, warn, signal, onProgress }));
}
