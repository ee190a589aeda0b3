import type { StateDict } from '../model/state-dict';

/** Weights with the text of the record that goes into their file. */
export interface KeptWeights {
  state: StateDict;
  record: string;
}
