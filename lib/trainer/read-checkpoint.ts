import { StateDict } from '../model/state-dict';
import { type CheckpointRecord, readCheckpointRecord } from './checkpoint-record';

/** A checkpoint as it was read. */
export interface ReadCheckpoint {
  record: CheckpointRecord;
  /** Whose it is to dispose: the caller's. */
  state: StateDict;
}

/** @throws TorchwingError CHECKPOINT_NOT_FOUND, CHECKPOINT_UNREADABLE, CHECKPOINT_DAMAGED, CHECKPOINT_UNSUPPORTED */
export async function readCheckpoint(path: string): Promise<ReadCheckpoint> {
  const state = await StateDict.readCheckpoint(path);
  try {
    return { state, record: readCheckpointRecord(state.record, path) };
  } catch (error) {
    state.dispose();
    throw error;
  }
}
