import { ImageLoader, ResNet18, SGD, Tensor, TrainingSession, transforms } from 'torchwing';
import type { NativeAddon, NativeTensor } from '../../lib/native/types';
import { encodePng } from '../png';

const { loadNative } = require('../../dist/native/load.js') as { loadNative(): Promise<NativeAddon> };
const { findAddonFiles } = require('../../dist/native/addon-files.js') as {
  findAddonFiles(): { addon: string };
};

const threeFloats = () => new Uint8Array(new Float32Array([1, 2, 3]).buffer);
const onThree = (addon: NativeAddon) => addon.Tensor.from(threeFloats(), [3], 'float32', 'cpu');

/** Noise, so that decoding takes its time. */
function photo(size: number, seed: number): Uint8Array {
  const pixels = Uint8Array.from(
    { length: size * size * 3 },
    (_, at) => (Math.imul(at + seed, 2654435761) >>> 24) & 255,
  );
  return encodePng(size, size, 'rgb', pixels);
}

function loaderOf(images: number, size: number, batchSize = 2): Promise<ImageLoader> {
  const photos = [0, 1, 2, 3].map((seed) => photo(size, seed));
  return ImageLoader.create({
    samples: Array.from({ length: images }, (_, at) => ({
      path: `photo ${at}`,
      label: at % 2,
      bytes: photos[at % 4] as Uint8Array,
    })),
    transforms: [
      transforms.resize([32, 32]),
      transforms.toTensor(),
      transforms.normalize({ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }),
    ],
    batchSize,
    workers: 1,
  });
}

describe('the raw addon, misused', () => {
  test('refuses an accessor and a method on an object of another class', async () => {
    const addon = await loadNative();
    const tensor = await onThree(addon);
    const model = await addon.ResNet.create({
      arch: 'resnet18',
      classes: 2,
      seed: 0,
      layout: 'fast',
      precision: 'fp32',
      dtype: 'float32',
    });
    const prototype = Object.getPrototypeOf(tensor);
    const shapeOf = Object.getOwnPropertyDescriptor(prototype, 'shape')?.get as () => unknown;
    for (const receiver of [model, prototype, {}, Object.create(tensor)]) {
      expect(() => shapeOf.call(receiver)).toThrow(
        'Invalid value for "this": received an object, expected a Tensor.',
      );
    }
    expect(() => tensor.item.call(model as unknown as NativeTensor)).toThrow('Illegal invocation');
    expect(shapeOf.call(tensor)).toHaveLength(1);
    for (const handle of [tensor, model]) handle.dispose();
  });

  test('refuses to be constructed', async () => {
    const { Tensor: Made } = (await loadNative()) as unknown as { Tensor: new (from?: unknown) => unknown };
    expect(() => new Made()).toThrow('Tensor cannot be made with new.');
    expect(() => new Made(1)).toThrow('Tensor cannot be made with new.');
  });

  test('names the argument, what it received and what it expected', async () => {
    const addon = await loadNative();
    const from = addon.Tensor.from as (...args: unknown[]) => unknown;
    const cases: [unknown[], string][] = [
      [[threeFloats(), 3, 'float32', 'cpu'], '"shape": received 3, expected an array.'],
      [[threeFloats(), [-3], 'float32', 'cpu'], '"shape": received an array of 1, expected integers >= 0.'],
      [
        [threeFloats(), [1.5], 'float32', 'cpu'],
        '"shape[0]": received 1.5, expected an integer >= -9007199254740992.',
      ],
      [
        [threeFloats(), [3], 'float7', 'cpu'],
        '"dtype": received "float7", expected a dtype such as float32.',
      ],
      [[[1, 2, 3], [3], 'float32', 'cpu'], '"data": received an array of 3, expected a Uint8Array.'],
      [[threeFloats(), [3], 'float32', null], '"device": received null, expected a string.'],
    ];
    for (const [args, message] of cases) {
      expect(() => from(...args)).toThrow(`Invalid value for ${message}`);
    }
  });

  test('refuses bytes that do not fill the shape, without taking memory for it', async () => {
    const addon = await loadNative();
    const detached = threeFloats();
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    await expect(addon.Tensor.from(detached, [3], 'float32', 'cpu')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Invalid value for "data": received 0 bytes, expected 12 for its shape and dtype.',
    });
    for (const shape of [[2 ** 41], [2 ** 52, 2 ** 52, 2 ** 52]]) {
      await expect(addon.Tensor.from(threeFloats(), shape, 'float32', 'cpu')).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });

  test('says DISPOSED after dispose(), which may be called twice and while work is queued', async () => {
    const tensor = await onThree(await loadNative());
    const sum = tensor.sum();
    tensor.dispose();
    tensor.dispose();
    expect(await (await sum).item()).toBe(6);
    expect(() => tensor.shape).toThrow('This Tensor was disposed and cannot be used again.');
    expect(() => tensor.item()).toThrow('This Tensor was disposed and cannot be used again.');
  });

  test('loaded twice in one environment takes the objects of either load', async () => {
    const first = await loadNative();
    const module = { exports: {} as NativeAddon };
    process.dlopen(module, findAddonFiles().addon);
    expect(module.exports).not.toBe(first);
    const [left, right] = [await onThree(first), await onThree(module.exports)];
    expect(await (await (await left.eq(right)).sum()).item()).toBe(3);
    for (const handle of [left, right]) handle.dispose();
  });
});

describe('an image loader', () => {
  test('that is disposed while next() waits rejects it', async () => {
    const native = (await loaderOf(8, 700, 8)).native;
    const started = native.start(0, 0);
    const waiting = [native.next(), native.next()];
    native.dispose();
    await started;
    for (const batch of waiting) await expect(batch).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('that is cancelled while next() waits ends the epoch', async () => {
    const loader = await loaderOf(8, 700, 8);
    const started = loader.native.start(0, 0);
    const waiting = [loader.native.next(), loader.native.next()];
    await started;
    loader.native.cancel();
    expect(await Promise.all(waiting)).toEqual([null, null]);
    loader.dispose();
  });

  test('answers requests in their order', async () => {
    const loader = await loaderOf(6, 40);
    await loader.native.start(0, 0);
    const batches = await Promise.all(Array.from({ length: 4 }, () => loader.native.next()));
    const order = batches.map((batch) => (batch === null ? null : [...new Int32Array(batch.indices)]));
    const again: number[][] = [];
    for await (const batch of loader.epoch(0)) again.push([...batch.indices]);
    expect(order).toEqual([...again, null]);
    loader.dispose();
  });
});

describe('a training session', () => {
  /** By default one epoch takes far longer than any of these tests, which stop it. */
  async function prepared(images = 4000) {
    const model = await ResNet18.create({ classes: 2, seed: 1 });
    const optimizer = await SGD.create(model, { lr: 0.01, momentum: 0.9 });
    const session = await TrainingSession.create({ model, optimizer, device: 'cpu' });
    const loader = await loaderOf(images, 40);
    const dispose = () => {
      for (const handle of [session, loader, optimizer, model]) handle.dispose();
    };
    return { model, optimizer, session, loader, dispose };
  }

  test('leases its model: what would change it rejects, while its state can be read', async () => {
    const { model, optimizer, session, loader, dispose } = await prepared();
    const images = await Tensor.from(new Float32Array(2 * 3 * 32 * 32), [2, 3, 32, 32]);
    let outcomes: unknown[] = [];
    const result = await session.runEpoch({ phase: 'train', loader, epoch: 0, lr: 0.01 }, ({ step }) => {
      if (step !== 1) return;
      const state = model.stateDict();
      const changes = [
        model.train(),
        model.eval(),
        model.replaceHead(3),
        model.setTrainable('head'),
        model.to('cpu'),
        model.forward(images, { grad: true }),
        optimizer.step(),
        optimizer.zeroGrad(),
        state.then((own) => model.loadStateDict(own)),
      ];
      const settled = changes.map((change) => change.then(() => 'changed').catch((error) => error.code));
      Promise.all([...settled, state.then((own) => own.entries.length)]).then((all) => {
        outcomes = all;
        session.stop();
      });
    });
    expect(outcomes).toEqual([...Array(9).fill('MODEL_BUSY'), 122]);
    expect(result.stopped).toBe(true);
    await model.eval();
    images.dispose();
    dispose();
  });

  test('serves a prediction between two steps of a validation', async () => {
    const { model, session, loader, dispose } = await prepared();
    const images = await Tensor.from(new Float32Array(2 * 3 * 32 * 32), [2, 3, 32, 32]);
    let shape: number[] = [];
    const result = await session.runEpoch({ phase: 'val', loader, epoch: 0, lr: 0 }, async ({ step }) => {
      if (step !== 1) return;
      const logits = await model.forward(images, { grad: false });
      shape = logits.shape;
      logits.dispose();
      session.stop();
    });
    expect(shape).toEqual([2, 2]);
    expect(result.stopped).toBe(true);
    images.dispose();
    dispose();
  });

  test('whose progress listener throws ends its phase and rejects with that value', async () => {
    const { session, loader, dispose } = await prepared();
    const whole = await loaderOf(4, 40);
    const planted = new RangeError('planted');
    const failing = session.runEpoch({ phase: 'train', loader, epoch: 0, lr: 0.01 }, () => {
      throw planted;
    });
    await expect(failing).rejects.toBe(planted);
    const next = await session.runEpoch({ phase: 'train', loader: whole, epoch: 1, lr: 0.01 });
    expect([next.steps, next.stopped]).toEqual([2, false]);
    whole.dispose();
    dispose();
  });

  test('brings back the best weights, and keeps the snapshot apart from training', async () => {
    const { model, session, loader, dispose } = await prepared(4);
    const bytesOf = async (state: Awaited<ReturnType<typeof model.stateDict>>) => {
      const head = await state.tensor('fc.weight');
      const values = [...((await head.data()) as Float32Array)];
      for (const handle of [head, state]) handle.dispose();
      return values;
    };
    expect(await session.bestState()).toBeNull();
    const start = await bytesOf(await model.stateDict());
    await session.snapshotBest();
    await session.runEpoch({ phase: 'train', loader, epoch: 0, lr: 0.01 });
    expect(await bytesOf(await model.stateDict())).not.toEqual(start);
    const best = await session.bestState();
    if (best === null) throw new Error('no snapshot');
    expect(await bytesOf(best)).toEqual(start);
    await session.restoreBest();
    expect(await bytesOf(await model.stateDict())).toEqual(start);
    dispose();
  });
});
