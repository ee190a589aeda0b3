import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import { Tensor } from '../tensor';

/**
 * Mean cross-entropy of `logits` [N, classes] (float) against `labels` [N] (int64 class indices), as
 * torch.nn.CrossEntropyLoss: a one-element tensor to call `backward()` on.
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Promise<Tensor> {
  return callNative(async () => {
    const addon = await loadNative();
    return Tensor.wrap(await addon.crossEntropy(logits.native, labels.native));
  });
}
