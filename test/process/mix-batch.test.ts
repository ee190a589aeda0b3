import {
  crossEntropy,
  ImageLoader,
  mixBatch,
  ResNet18,
  SGD,
  transforms as T,
  Tensor,
  TrainingSession,
  weightsSha256,
} from 'torchwing';
import { encodePng } from '../png';

const CLASSES = 3;
const MIX = { mixupAlpha: 0.4, cutmixAlpha: 1 };
const SMOOTHING = 0.1;
const SEED = 5;
const EPOCH = 2;

/** Seven images in batches of two, so that the last is alone. */
function makeLoader(): Promise<ImageLoader> {
  return ImageLoader.create({
    samples: Array.from({ length: 7 }, (_, at) => ({
      path: `photo ${at}`,
      label: at % CLASSES,
      bytes: encodePng(
        32,
        32,
        'rgb',
        Uint8Array.from({ length: 32 * 32 * 3 }, (_, byte) => Math.imul(byte + at, 2654435761) >>> 24),
      ),
    })),
    transforms: [T.randomResizedCrop(40), T.toTensor(), T.normalize(T.IMAGENET)],
    batchSize: 2,
    workers: 2,
    seed: SEED,
  });
}

async function makeModel(layout: 'fast' | 'strided'): Promise<{ model: ResNet18; optimizer: SGD }> {
  const model = await ResNet18.create({ classes: CLASSES, seed: 1, layout });
  return { model, optimizer: await SGD.create(model, { lr: 0.01, momentum: 0.9 }) };
}

async function shaOf(model: ResNet18): Promise<string> {
  const state = await model.stateDict();
  const sha = await weightsSha256(state);
  state.dispose();
  return sha;
}

/** One training epoch by hand. */
async function byHand(model: ResNet18, optimizer: SGD, loader: ImageLoader, startStep: number) {
  let lossSum = 0;
  let correct = 0;
  await model.train();
  for await (const { images, labels, step } of loader.epoch(EPOCH, { startStep })) {
    const mixed = await mixBatch(images, labels, {
      ...MIX,
      classes: CLASSES,
      seed: SEED,
      epoch: EPOCH,
      step,
    });
    await optimizer.zeroGrad();
    const logits = await model.forward(mixed.images, { grad: true });
    const loss = await crossEntropy(logits, mixed.labels, { labelSmoothing: SMOOTHING });
    await loss.backward();
    await optimizer.step();
    const right = await (await logits.argmax(1)).eq(await mixed.labels.argmax(1));
    lossSum += (await loss.item()) * (labels.shape[0] ?? 0);
    correct += await (await right.sum()).item();
    for (const tensor of [images, labels, mixed.images, mixed.labels, logits, loss]) tensor.dispose();
  }
  return { lossSum, correct };
}

test.each([
  ['fast', 0],
  ['strided', 0],
  ['fast', 2],
] as const)(
  'a %s session that mixes, from step %d on, equals the steps written by hand, bit for bit',
  async (layout, startStep) => {
    const loader = await makeLoader();
    const hand = await makeModel(layout);
    const expected = await byHand(hand.model, hand.optimizer, loader, startStep);

    const { model, optimizer } = await makeModel(layout);
    const session = await TrainingSession.create({
      model,
      optimizer,
      device: 'cpu',
      mix: { ...MIX, seed: SEED },
      labelSmoothing: SMOOTHING,
    });
    const { lossSum, correct } = await session.runEpoch({
      phase: 'train',
      loader,
      epoch: EPOCH,
      lr: 0.01,
      startStep,
    });

    expect({ lossSum, correct }).toEqual(expected);
    expect(await shaOf(model)).toBe(await shaOf(hand.model));
    for (const handle of [session, loader, optimizer, model, hand.optimizer, hand.model]) handle.dispose();
  },
);

describe('mixBatch', () => {
  const at = { classes: CLASSES, epoch: 0, step: 0 };

  test('gives images of the same shape and, per image, shares of two classes that sum to 1', async () => {
    const images = await Tensor.from(new Float32Array(2 * 3 * 4 * 4).fill(1), [2, 3, 4, 4]);
    const labels = await Tensor.from(BigInt64Array.from([0n, 2n]), [2]);
    const mixed = await mixBatch(images, labels, { ...at, mixupAlpha: 1 });
    expect(mixed.images.shape).toEqual([2, 3, 4, 4]);
    expect([mixed.labels.shape, mixed.labels.dtype]).toEqual([[2, CLASSES], 'float32']);
    const [a = 0, b, c = 0, ...second] = (await mixed.labels.data()) as Float32Array;
    expect([a + c, b]).toEqual([expect.closeTo(1, 6), 0]);
    expect(second).toEqual([expect.closeTo(c, 6), 0, expect.closeTo(a, 6)]);
    expect(a > 0 && c > 0).toBe(true);
    for (const tensor of [images, labels, mixed.images, mixed.labels]) tensor.dispose();
  });

  test('refuses options and shapes by name', async () => {
    const images = await Tensor.from(new Float32Array(2 * 3 * 4 * 4), [2, 3, 4, 4]);
    const labels = await Tensor.from(BigInt64Array.from([0n, 2n, 1n]), [3]);
    const refusals: [object, string][] = [
      [{}, '"options": received no alpha above 0, expected a mixupAlpha or a cutmixAlpha > 0.'],
      [{ mixupAlpha: -1 }, '"mixupAlpha": received -1, expected a finite number >= 0.'],
      [{ cutmixAlpha: Number.NaN }, '"cutmixAlpha": received NaN, expected a finite number >= 0.'],
      [{ mixupAlpha: 1, step: 0.5 }, '"step": received 0.5, expected an integer >= 0.'],
      [{ mixupAlpha: 1 }, '"labels": received Long [3], expected int64 [2] or float [2, 3].'],
    ];
    for (const [options, message] of refusals) {
      await expect(mixBatch(images, labels, { ...at, ...options })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: `Invalid value for ${message}`,
      });
    }
    for (const tensor of [images, labels]) tensor.dispose();
  });
});

test('crossEntropy refuses a labelSmoothing above 1', async () => {
  const logits = await Tensor.from(new Float32Array(3), [1, 3]);
  const labels = await Tensor.from(BigInt64Array.from([0n]), [1]);
  await expect(crossEntropy(logits, labels, { labelSmoothing: 1.5 })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'Invalid value for "labelSmoothing": received 1.5, expected a number from 0 to 1.',
  });
  for (const tensor of [logits, labels]) tensor.dispose();
});
