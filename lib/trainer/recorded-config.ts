import type { ResolvedConfig } from '../config/types';

/** Where a run went is no part of what it does: the recorded configuration repeats it into any folder. */
export type RecordedConfig = Omit<ResolvedConfig, 'output' | 'overwrite'>;

export function recordedConfig(config: ResolvedConfig): RecordedConfig {
  const { output: _output, overwrite: _overwrite, ...rest } = config;
  return rest;
}
