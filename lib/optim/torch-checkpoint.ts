import { nativeOf, objectOf } from '../native/arguments';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import type { SGD } from './sgd';
import type { StepLR } from './step-lr';

/** What a checkpoint is of; the model is the optimizer's. */
export interface TorchCheckpointParts {
  optimizer: SGD;
  /** Of the same optimizer. */
  scheduler?: StepLR;
}

/**
 * Saves a training to go on in Python: `torch.load(path, weights_only=True)` gives
 * `{'model', 'optimizer', 'scheduler'}`, each what `load_state_dict` of the torchvision model, of `torch.optim.SGD` and
 * of `torch.optim.lr_scheduler.StepLR` takes. All three are of one moment, between two steps. Atomic.
 * @param parts.record text of the file's `torchwing.json`, default none
 * @throws TorchwingError OUTPUT_WRITE
 */
export function saveTorchCheckpoint(
  path: string,
  parts: TorchCheckpointParts & { record?: string },
): Promise<void> {
  return callNative(async () => {
    const { record = '' } = objectOf(parts, 'parts');
    const { optimizer, scheduler } = nativeParts(parts);
    const addon = await loadNative();
    await addon.saveTorchCheckpoint(path, optimizer, scheduler, record);
  });
}

/**
 * Goes on from what `saveTorchCheckpoint` or a Python script with one parameter group saved: loads the optimizer's
 * model, its momentum and hyperparameters, and the schedule. All or nothing. The entries may also be called `state_dict`
 * or `model_state_dict`, `optimizer_state_dict`, and `lr_scheduler` or `scheduler_state_dict`.
 * @returns remarks on what was read, for the user
 * @throws TorchwingError WEIGHTS_NOT_FOUND, WEIGHTS_FORMAT, WEIGHTS_UNSAFE; WEIGHTS_UNSUPPORTED without an optimizer's
 *   state, or for another optimizer or schedule; WEIGHTS_MISMATCH when model, parameters or the lack of a schedule do not
 *   fit; MODEL_BUSY while a session trains the model
 */
export function loadTorchCheckpoint(path: string, parts: TorchCheckpointParts): Promise<string[]> {
  return callNative(async () => {
    const { optimizer, scheduler } = nativeParts(parts);
    const addon = await loadNative();
    return [...(await addon.loadTorchCheckpoint(path, optimizer, scheduler))];
  });
}

function nativeParts(parts: TorchCheckpointParts) {
  const { optimizer, scheduler } = objectOf(parts, 'parts');
  return {
    optimizer: nativeOf(optimizer, 'parts.optimizer', 'an SGD'),
    scheduler: scheduler === undefined ? null : nativeOf(scheduler, 'parts.scheduler', 'a StepLR'),
  };
}
