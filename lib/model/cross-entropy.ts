import { nativeOf, objectOf } from '../native/arguments';
import { callNative } from '../native/handle';
import { loadNative } from '../native/load';
import { Tensor } from '../tensor';

/**
 * Mean cross-entropy of `logits` [N, classes] (float) against `labels`: class indices, int64 [N], or the shares of the
 * classes, float [N, classes]. As torch.nn.CrossEntropyLoss: a one-element tensor to call `backward()` on.
 * @param options.labelSmoothing share of each label that is spread over all classes, 0..1, default 0
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: { labelSmoothing?: number } = {},
): Promise<Tensor> {
  return callNative(async () => {
    const addon = await loadNative();
    return Tensor.wrap(
      await addon.crossEntropy(
        nativeOf(logits, 'logits', 'a Tensor'),
        nativeOf(labels, 'labels', 'a Tensor'),
        objectOf(options).labelSmoothing ?? 0,
      ),
    );
  });
}
