import type { TrainerConfig } from './types';

/** Returns `config` as it is: gives a config file written in JavaScript its types. */
export function defineConfig(config: TrainerConfig): TrainerConfig {
  return config;
}
