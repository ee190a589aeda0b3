import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  crossEntropy,
  loadConfigFile,
  loadTorchCheckpoint,
  type PhaseMemory,
  Predictor,
  ResNet18,
  SGD,
  StateDict,
  StepLR,
  saveTorchCheckpoint,
  Tensor,
  Trainer,
  type TrainerConfig,
  type TrainerEvent,
  version,
  weightsSha256,
} from 'torchwing';
import { drawPhotos } from './draw-photos';

const run = promisify(execFile);
let dir = '';
let elsewhere = '';

beforeAll(() => {
  dir = drawPhotos({ train: 6, val: 5 });
  elsewhere = mkdtempSync(join(tmpdir(), 'torchwing-api-'));
});
afterAll(() => {
  for (const folder of [dir, elsewhere]) rmSync(folder, { recursive: true, force: true });
});

function config(more: Partial<TrainerConfig> = {}): TrainerConfig {
  return { data: { dir, imageSize: 32 }, model: { weights: null }, epochs: 2, seed: 3, ...more };
}

async function shaOf(file: string): Promise<string> {
  const state = await StateDict.read(file);
  try {
    return await weightsSha256(state);
  } finally {
    state.dispose();
  }
}

describe('a run', () => {
  test('gives the same weights from the same seed at any worker count, and others from another', async () => {
    const shas: string[] = [];
    for (const [seed, workers] of [
      [3, 1],
      [3, 3],
      [4, 1],
    ] as const) {
      const trainer = new Trainer(config({ seed, data: { dir, imageSize: 32, workers } }));
      await trainer.fit();
      const file = join(elsewhere, `seed-${seed}-${workers}.pth`);
      await trainer.save(file);
      trainer.dispose();
      shas.push(await shaOf(file));
    }
    expect(shas[1]).toBe(shas[0]);
    expect(shas[2]).not.toBe(shas[0]);
  });

  test('is repeated by its config.json, to the same weights', async () => {
    const output = join(elsewhere, 'first');
    const trainer = new Trainer(config({ output, mode: 'extractor' }));
    await trainer.fit();
    const again = join(elsewhere, 'again');
    const repeated = new Trainer({ ...(await loadConfigFile(join(output, 'config.json'))), output: again });
    await repeated.fit();
    for (const kind of ['best.pth', 'last.pth']) {
      expect(await shaOf(join(again, kind))).toBe(await shaOf(join(output, kind)));
    }
    trainer.dispose();
    repeated.dispose();
  });

  test('ends on an abort in mid-run, and its best weights can be saved', async () => {
    const abort = new AbortController();
    const trainer = new Trainer(config({ epochs: 1000 }));
    const fit = trainer.fit({
      signal: abort.signal,
      onProgress: ({ epoch }) => {
        if (epoch === 1) abort.abort(new Error('enough'));
      },
    });
    await expect(fit).rejects.toThrow('enough');
    await trainer.save(join(elsewhere, 'aborted.pth'));
    expect(await shaOf(join(elsewhere, 'aborted.pth'))).toMatch(/^[0-9a-f]{64}$/);
    trainer.dispose();
  });

  test('stops when the loop over its events is left', async () => {
    const trainer = new Trainer(config({ epochs: 1000 }));
    const types: TrainerEvent['type'][] = [];
    for await (const event of trainer.stream()) {
      types.push(event.type);
      if (event.type === 'phaseEnd') break;
    }
    expect(types[0]).toBe('start');
    trainer.dispose();
  });

  test('tells with each phase what the process holds, and of no device on the CPU', async () => {
    const trainer = new Trainer(config({ epochs: 1 }));
    const memory: PhaseMemory[] = [];
    await trainer.fit({ onPhaseEnd: (event) => void memory.push(event.memory) });
    trainer.dispose();
    expect(memory).toHaveLength(2);
    for (const { resident, device } of memory) {
      // LibTorch alone is more than 100 MB.
      expect(resident).toBeGreaterThan(1e8);
      expect(resident).toBeLessThan(totalmem());
      expect(device).toBeNull();
    }
  });

  test('serves a prediction while it trains', async () => {
    const file = join(elsewhere, 'serve.pth');
    const trainer = new Trainer(config());
    let predicted = 0;
    await trainer.fit({
      onEpochEnd: async ({ epoch }) => {
        if (epoch !== 0) return;
        await trainer.save(file);
        const predictor = await Predictor.load(file);
        predicted = (await predictor.predict([join(dir, 'val/ants/000.png')])).length;
        predictor.dispose();
      },
    });
    expect(predicted).toBe(1);
    trainer.dispose();
  });

  test('names an image that cannot be decoded before it trains, skips it, or replaces it by one of its class', async () => {
    const broken = drawPhotos({ train: 4, val: 2 });
    copyFileSync(__filename, join(broken, 'train/ants/000.png'));
    const refused = new Trainer(config({ data: { dir: broken, imageSize: 32 } }));
    await expect(refused.fit()).rejects.toMatchObject({
      code: 'IMAGE_DECODE',
      message: expect.stringContaining('000.png'),
    });
    const skipping = new Trainer(
      config({ epochs: 1, data: { dir: broken, imageSize: 32, onBadImage: 'skip' } }),
    );
    const replacing = new Trainer(
      config({ epochs: 1, data: { dir: broken, imageSize: 32, onBadImage: 'replace' } }),
    );
    const told: unknown[] = [];
    for (const trainer of [skipping, replacing]) {
      await trainer.fit({
        // Other warnings tell of the machine.
        onWarning: ({ code, message }) => {
          if (code.startsWith('IMAGES_')) told.push(code, message.includes('000.png'));
        },
        onPhaseEnd: ({ images, skipped }) => void told.push([images, skipped]),
      });
    }
    expect(told).toEqual(['IMAGES_SKIPPED', true, [7, 0], [4, 0], 'IMAGES_REPLACED', true, [8, 0], [4, 0]]);
    for (const trainer of [refused, skipping, replacing]) trainer.dispose();
    rmSync(broken, { recursive: true, force: true });
  });
});

describe('a weight file', () => {
  test('copied alone predicts as the last validation counted, in batches of 1 and of 32, from paths and from bytes', async () => {
    const trainer = new Trainer(config({ epochs: 3 }));
    const result = await trainer.fit();
    const file = join(elsewhere, 'alone.pth');
    await trainer.save(file);
    trainer.dispose();
    const predictor = await Predictor.load(file);
    expect(predictor.classes).toEqual(['ants', 'bees']);
    const photos = ['ants', 'bees'].flatMap((name) =>
      Array.from({ length: 5 }, (_, at) => ({ path: join(dir, 'val', name, `00${at}.png`), name })),
    );
    const paths = photos.map(({ path }) => path);
    const one = await predictor.predict(paths, { batchSize: 1 });
    const many = await predictor.predict(paths, { batchSize: 32 });
    const mixed = await predictor.predict(paths.map((path, at) => (at % 2 ? path : readFileSync(path))));
    const labels = (results: typeof one) => results.map(([top]) => top?.label);
    expect(labels(many)).toEqual(labels(one));
    expect(mixed).toEqual(many);
    const right = photos.filter(({ name }, at) => one[at]?.[0]?.label === name).length;
    expect(right / photos.length).toBeCloseTo(result.best?.accuracy ?? 0, 12);
    for (const classes of one)
      expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    predictor.dispose();
  });

  test('that is missing, or no weight file, is refused by its code', async () => {
    await expect(Predictor.load(join(elsewhere, 'none.pth'))).rejects.toMatchObject({
      code: 'WEIGHTS_NOT_FOUND',
    });
    await expect(Predictor.load(__filename)).rejects.toMatchObject({ code: 'WEIGHTS_FORMAT' });
  });
});

describe('handles', () => {
  test('tensors hold values, shapes and types', async () => {
    const tensor = await Tensor.from(new Float32Array([1, 5, 2, 7, 0, 3]), [2, 3]);
    expect([tensor.shape, tensor.dtype, tensor.device]).toEqual([[2, 3], 'float32', 'cpu']);
    expect([...((await tensor.data()) as Float32Array)]).toEqual([1, 5, 2, 7, 0, 3]);
    const top = await tensor.argmax(1);
    expect([top.dtype, ...((await top.data()) as BigInt64Array)]).toEqual(['int64', 1n, 0n]);
    const equal = await top.eq(await Tensor.from(new BigInt64Array([1n, 1n]), [2]));
    expect(await (await equal.sum()).item()).toBe(1);
    expect(await (await tensor.sum()).item()).toBe(18);
  });

  test('cross-entropy of equal logits is the logarithm of the class count', async () => {
    const logits = await Tensor.from(new Float32Array(6), [2, 3]);
    const labels = await Tensor.from(new BigInt64Array([0n, 2n]), [2]);
    expect(await (await crossEntropy(logits, labels)).item()).toBeCloseTo(Math.log(3), 6);
  });

  test('steps by hand on the head lower the loss on their own batch, a convex problem, at each step', async () => {
    const model = await ResNet18.create({ classes: 2, seed: 0 });
    await model.setTrainable('head');
    await model.eval();
    const optimizer = await SGD.create(model, { lr: 0.01 });
    const images = await Tensor.from(
      Float32Array.from({ length: 4 * 3 * 32 * 32 }, (_, at) => Math.sin(at)),
      [4, 3, 32, 32],
    );
    const labels = await Tensor.from(new BigInt64Array([0n, 1n, 0n, 1n]), [4]);
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) {
      await optimizer.zeroGrad();
      const loss = await crossEntropy(await model.forward(images, { grad: true }), labels);
      losses.push(await loss.item());
      await loss.backward();
      await optimizer.step();
    }
    expect(losses).toEqual([...new Set(losses)].sort((left, right) => right - left));
    for (const handle of [images, labels, optimizer, model]) handle.dispose();
  });

  test("StepLR sets the rate by Python's recurrence", async () => {
    const model = await ResNet18.create({ classes: 2 });
    const optimizer = await SGD.create(model, { lr: 1e-3 });
    const scheduler = await StepLR.create(optimizer, { stepSize: 2, gamma: 0.1 });
    const rates = Array.from({ length: 4 }, () => {
      scheduler.step();
      return optimizer.lr;
    });
    expect(rates).toEqual([1e-3, 1e-3 * 0.1, 1e-3 * 0.1, 1e-3 * 0.1 * 0.1]);
    for (const handle of [optimizer, model]) handle.dispose();
  });

  /** One step on the head of a small model, so that it has momentum. */
  async function headAfterAStep(): Promise<{ model: ResNet18; optimizer: SGD }> {
    const model = await ResNet18.create({ classes: 2, seed: 0 });
    await model.setTrainable('head');
    const optimizer = await SGD.create(model, { lr: 0.1, momentum: 0.9, weightDecay: 0.01 });
    const images = await Tensor.from(
      Float32Array.from({ length: 2 * 3 * 64 * 64 }, (_, at) => Math.sin(at)),
      [2, 3, 64, 64],
    );
    const labels = await Tensor.from(new BigInt64Array([0n, 1n]), [2]);
    await (await crossEntropy(await model.forward(images, { grad: true }), labels)).backward();
    await optimizer.step();
    return { model, optimizer };
  }

  test('SGD.stateDict has the form of Python: momentum by number, one group; under a frozen backbone of fc alone', async () => {
    const { model, optimizer } = await headAfterAStep();
    const { state, paramGroups } = await optimizer.stateDict();
    expect(paramGroups).toEqual([
      { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.01, nesterov: false, params: [0, 1] },
    ]);
    expect(state.entries).toEqual([
      { name: '0', dtype: 'float32', shape: [2, 512] },
      { name: '1', dtype: 'float32', shape: [2] },
    ]);
    const other = await SGD.create(model, { lr: 1 });
    await other.loadStateDict({ state, paramGroups });
    const again = await other.stateDict();
    expect(again.paramGroups).toEqual(paramGroups);
    expect(other.lr).toBe(0.1);
    expect(await weightsSha256(again.state)).toBe(await weightsSha256(state));

    const whole = await ResNet18.create({ classes: 2 });
    const ofAll = await SGD.create(whole, { lr: 0.5 });
    await expect(ofAll.loadStateDict({ state, paramGroups })).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      message: 'The optimizer state is for 2 parameters, expected 62.',
    });
    expect(ofAll.lr).toBe(0.5);
    for (const handle of [state, again.state, other, ofAll, optimizer, whole, model]) handle.dispose();
  });

  test('a checkpoint for Python is loaded whole or not at all, and is a weight file too', async () => {
    const { model, optimizer } = await headAfterAStep();
    const scheduler = await StepLR.create(optimizer, { stepSize: 1, gamma: 0.5 });
    scheduler.step();
    const file = join(elsewhere, 'checkpoint.pth');
    await saveTorchCheckpoint(file, { optimizer, scheduler });
    const trained = await model.stateDict();
    const weights = await StateDict.read(file);
    expect(await weightsSha256(weights)).toBe(await weightsSha256(trained));

    const wider = await ResNet18.create({ classes: 3 });
    await wider.setTrainable('head');
    const itsOptimizer = await SGD.create(wider, { lr: 1 });
    await expect(loadTorchCheckpoint(file, { optimizer: itsOptimizer })).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
    });
    expect(itsOptimizer.lr).toBe(1);

    const fresh = await ResNet18.create({ classes: 2, seed: 9 });
    await fresh.setTrainable('head');
    const freshOptimizer = await SGD.create(fresh, { lr: 1 });
    const freshScheduler = await StepLR.create(freshOptimizer, { stepSize: 100 });
    await expect(loadTorchCheckpoint(file, { optimizer: freshOptimizer, scheduler })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await loadTorchCheckpoint(file, { optimizer: freshOptimizer, scheduler: freshScheduler });
    expect(freshScheduler.state()).toEqual({ lastEpoch: 1, lastLr: 0.05 });
    expect(freshOptimizer.lr).toBe(0.05);
    freshScheduler.step();
    expect(freshOptimizer.lr).toBe(0.025);
    const loaded = await fresh.stateDict();
    expect(await weightsSha256(loaded)).toBe(await weightsSha256(trained));

    const plain = join(elsewhere, 'plain.pth');
    await trained.save(plain);
    await expect(loadTorchCheckpoint(plain, { optimizer })).rejects.toMatchObject({
      code: 'WEIGHTS_UNSUPPORTED',
      message: expect.stringContaining("holds no optimizer's state"),
      hint: expect.stringContaining('torch.save('),
    });
    const handles = [trained, weights, loaded, itsOptimizer, freshOptimizer, optimizer, wider, fresh, model];
    for (const handle of handles) handle.dispose();
  });

  test('a run is saved for Python at the end of an epoch: its last weights, its momentum and the next rate', async () => {
    const output = join(elsewhere, 'for-python');
    const file = join(elsewhere, 'for-python.pth');
    const trainer = new Trainer(
      config({ output, optimizer: { lr: 0.01 }, scheduler: { stepSize: 1, gamma: 0.5 } }),
    );
    await trainer.fit({
      onEpochEnd: async ({ epoch }) => {
        if (epoch === 1) await trainer.saveTorchCheckpoint(file);
      },
    });
    expect(await shaOf(file)).toBe(await shaOf(join(output, 'last.pth')));
    const model = await ResNet18.create({ classes: 2 });
    const optimizer = await SGD.create(model, { lr: 1 });
    const scheduler = await StepLR.create(optimizer, { stepSize: 9 });
    await loadTorchCheckpoint(file, { optimizer, scheduler });
    expect(scheduler.state()).toEqual({ lastEpoch: 2, lastLr: 0.0025 });
    const { state, paramGroups } = await optimizer.stateDict();
    expect(state.entries).toHaveLength(62);
    expect(paramGroups[0]).toMatchObject({ lr: 0.0025, momentum: 0.9 });
    for (const handle of [state, optimizer, model, trainer]) handle.dispose();
  });

  test('a model has the keys of torchvision, and refuses weights of another width by listing them', async () => {
    const model = await ResNet18.create({ classes: 2 });
    const other = await ResNet18.create({ classes: 3 });
    const state = await other.stateDict();
    expect(state.entries).toHaveLength(122);
    expect(state.entries[0]).toEqual({ name: 'conv1.weight', dtype: 'float32', shape: [64, 3, 7, 7] });
    await expect(model.loadStateDict(state)).rejects.toMatchObject({
      name: 'TorchwingError',
      code: 'WEIGHTS_MISMATCH',
      message: expect.stringContaining('fc.weight'),
    });
    for (const handle of [state, other, model]) handle.dispose();
  });

  test('version says what runs', async () => {
    const { addon, libtorch, builtFor, threads } = await version();
    expect(addon).toBe(JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')).version);
    expect(libtorch.startsWith(`${builtFor}.`)).toBe(true);
    expect(threads).toBeGreaterThan(0);
  });
});

test.each(['config.mjs', 'config.js'])(
  'a config file %s is run as an ES module where it is one',
  async (name) => {
    const file = join(elsewhere, name);
    writeFileSync(file, 'export default { data: { dir: "photos" }, epochs: 1 + 2 };');
    writeFileSync(join(elsewhere, 'package.json'), '{ "type": "module" }');
    const program = `require('torchwing').loadConfigFile(${JSON.stringify(file)}).then((c) => console.log(JSON.stringify(c)))`;
    const { stdout } = await run(process.execPath, ['-e', program], { cwd: join(__dirname, '../..') });
    expect(JSON.parse(stdout)).toEqual({ data: { dir: join(elsewhere, 'photos') }, epochs: 3 });
  },
);

test('a program that only uses the API prints nothing, leaves process.env alone and ends by itself', async () => {
  const program = `
    const before = JSON.stringify(process.env);
    const { Trainer } = require('torchwing');
    const trainer = new Trainer(${JSON.stringify(config({ epochs: 1 }))});
    trainer.fit().then(() => {
      trainer.dispose();
      if (JSON.stringify(process.env) !== before) process.exitCode = 3;
      for (const signal of ['SIGINT', 'SIGTERM']) if (process.listenerCount(signal) > 0) process.exitCode = 4;
    });
  `;
  const { stdout, stderr } = await run(process.execPath, ['-e', program], { cwd: join(__dirname, '../..') });
  expect(stdout).toBe('');
  expect(stderr).toBe('');
});
