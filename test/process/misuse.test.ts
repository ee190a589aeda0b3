import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as torchwing from 'torchwing';
import { drawPhotos } from './draw-photos';

const { ImageLoader, Predictor, ResNet, ResNet18, SGD, StateDict, StepLR, Tensor, Trainer, TrainingSession } =
  torchwing;

interface Subject {
  make: () => Promise<{ dispose?: () => void }>;
  /** Good arguments of each method with parameters, in the order in which they are given. */
  given?: Record<string, unknown[]>;
}

const folder = mkdtempSync(join(tmpdir(), 'torchwing-misuse-'));
let data = '';
let images: torchwing.Tensor;
let other: torchwing.Tensor;
let model: torchwing.ResNet18;
let optimizer: torchwing.SGD;
let state: torchwing.StateDict;
let loader: torchwing.ImageLoader;
const weights = join(folder, 'model.pth');

const ones = (shape: number[]) =>
  Tensor.from(new Float32Array(shape.reduce((count, size) => count * size, 1)).fill(1), shape);
const makeLoader = () =>
  ImageLoader.create({
    samples: ['000', '001'].map((name, label) => ({
      path: join(data, 'train', 'ants', `${name}.png`),
      label,
    })),
    transforms: [
      torchwing.transforms.resize([32, 32]),
      torchwing.transforms.toTensor(),
      torchwing.transforms.normalize(torchwing.IMAGENET),
    ],
    batchSize: 2,
    workers: 1,
  });
const configOf = () =>
  ({
    data: { dir: data, imageSize: 32, batchSize: 2, workers: 1 },
    model: { weights: null },
    mode: 'extractor',
    epochs: 1,
    device: 'cpu',
  }) as const;

beforeAll(async () => {
  data = drawPhotos({ train: 2, val: 2 });
  images = await ones([2, 3, 32, 32]);
  other = await ones([3]);
  model = await ResNet18.create({ classes: 2 });
  optimizer = await SGD.create(model, { lr: 0.1 });
  state = await model.stateDict();
  loader = await makeLoader();
  const trainer = new Trainer(configOf());
  await trainer.fit();
  await trainer.save(weights);
  trainer.dispose();
});
afterAll(() => {
  for (const handle of [images, other, optimizer, state, loader, model]) handle.dispose();
  for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
});

const SUBJECTS: Record<string, Subject> = {
  Tensor: { make: () => ones([3]), given: { to: ['cpu'], argmax: [0], softmax: [0], eq: [() => other] } },
  StateDict: {
    make: () => model.stateDict(),
    given: {
      tensor: ['fc.bias'],
      save: [join(folder, 'saved.pth'), '{}', {}],
      saveCheckpoint: [join(folder, 'checkpoint.pth'), '{}'],
    },
  },
  ResNet: {
    make: () => ResNet.create({ arch: 'resnet18', classes: 2 }),
    given: {
      replaceHead: [3, 0],
      setTrainable: ['head', {}],
      forward: [() => images, {}],
      to: ['cpu'],
      loadStateDict: [() => state, {}],
    },
  },
  SGD: {
    make: () => SGD.create(model, { lr: 0.1 }),
    given: { loadStateDict: [() => optimizer.stateDict()] },
  },
  StepLR: {
    make: () => StepLR.create(optimizer, { stepSize: 1 }) as Promise<object>,
    given: { loadState: [{ lastEpoch: 0, lastLr: 0.1 }] },
  },
  ImageLoader: { make: () => makeLoader(), given: { epoch: [0, {}] } },
  TrainingSession: {
    make: () => TrainingSession.create({ model, optimizer: null, device: 'cpu' }),
    given: {
      runEpoch: [() => ({ phase: 'val', loader, epoch: 0, lr: 0 }), (_progress: unknown) => {}, null],
      loadState: [() => sessionState()],
    },
  },
  Predictor: { make: () => Predictor.load(weights, { device: 'cpu' }), given: { predict: [[], {}] } },
  Trainer: {
    make: async () => new Trainer(configOf()),
    given: { fit: [{}], stream: [{}], save: [join(folder, 'none.pth')], saveTorchCheckpoint: ['x'] },
  },
};

/** The state of a session without an optimizer, which is what the subject's is. */
async function sessionState() {
  const session = await TrainingSession.create({ model, optimizer: null, device: 'cpu' });
  try {
    return await session.state();
  } finally {
    session.dispose();
  }
}

interface Member {
  name: string | symbol;
  call: (receiver: unknown, given?: unknown[]) => unknown;
}

/** What can be done with an object of a class, its base classes included; not what ends it. */
function membersOf(prototype: object): Member[] {
  const members: Member[] = [];
  for (let level = prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Reflect.ownKeys(level)) {
      const { value, get } = Object.getOwnPropertyDescriptor(level, name) ?? {};
      const method: unknown = get ?? value;
      if (name === 'constructor' || typeof method !== 'function') continue;
      members.push({
        name,
        call: async (receiver, given = []) => {
          const result = await Reflect.apply(method, receiver, given);
          // A generator does nothing before it is asked.
          if (typeof result?.next === 'function') await result.next().finally(() => result.return());
          return result;
        },
      });
    }
  }
  return members;
}

const ALLOWED_AFTER_DISPOSE = ['disposed', 'dispose', Symbol.dispose, Symbol.asyncDispose];
const CLASSES = Object.entries(SUBJECTS).map(
  ([name, subject]) =>
    [name, (torchwing as unknown as Record<string, { prototype: object }>)[name], subject] as const,
);
const outcomeOf = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'resolved',
      (error) => (error instanceof torchwing.TorchwingError ? error.code : `untyped: ${error}`),
    );
const prepared = (given: unknown[]) =>
  Promise.all(given.map((value) => (typeof value === 'function' && value.length === 0 ? value() : value)));

test('every exported class with a state is a subject', () => {
  const classes = Object.entries(torchwing).filter(
    ([, value]) => typeof value === 'function' && /^class /.test(Function.prototype.toString.call(value)),
  );
  expect(classes.map(([name]) => name).sort()).toEqual(
    [...Object.keys(SUBJECTS), 'ResNet18', 'TorchwingError'].sort(),
  );
});

describe.each(CLASSES)('%s', (name, exported, { make, given = {} }) => {
  const { prototype } = exported as { prototype: object };
  const members = membersOf(prototype);

  test('can be disposed twice, and says DISPOSED to everything else from then on', async () => {
    const handle = await make();
    if (handle.dispose === undefined) return; // StepLR holds nothing: it is a part of its SGD
    handle.dispose();
    handle.dispose();
    const outcomes: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const { name: member, call } of members) {
      if (ALLOWED_AFTER_DISPOSE.includes(member as string)) continue;
      const args = await prepared(given[member as string] ?? []);
      outcomes[String(member)] = await outcomeOf(() => call(handle, args));
      expected[String(member)] = 'DISPOSED';
    }
    expect(outcomes).toEqual(expected);
    const ends = members.filter(
      ({ name: member }) => member !== 'disposed' && ALLOWED_AFTER_DISPOSE.includes(member as string),
    );
    for (const { call } of ends) await call(handle);
  });

  test('refuses a foreign this by every method and accessor', async () => {
    const own = await make();
    const foreign = name === 'Tensor' ? model : other;
    const outcomes = new Set<string>();
    for (const receiver of [undefined, null, 1, 'x', {}, () => {}, prototype, Object.create(own), foreign]) {
      for (const { name: member, call } of members) {
        // What all handles have is refused to none of them.
        if (receiver === foreign && inherited(prototype, member)) continue;
        const args = await prepared(given[member as string] ?? []);
        const outcome = await outcomeOf(() => call(receiver, args));
        if (outcome !== 'INVALID_ARGUMENT') outcomes.add(`${String(member)}: ${outcome}`);
      }
    }
    expect([...outcomes]).toEqual([]);
    own.dispose?.();
  });

  test('takes any argument or refuses it by a code, and never by anything else', async () => {
    const untyped: string[] = [];
    const handle = await make();
    for (const [member, good] of Object.entries(given)) {
      const { call } = members.find((one) => one.name === member) as Member;
      untyped.push(...(await refusals(member, good, (args) => call(handle, args))));
    }
    expect(untyped).toEqual([]);
    handle.dispose?.();
  });
});

/** What makes handles or takes them, with good arguments. */
const FUNCTIONS: Record<string, { call: (...args: never[]) => unknown; good: unknown[] }> = {
  'Tensor.from': {
    call: Tensor.from,
    good: [new Float32Array(2), [2], { dtype: 'float32', device: 'cpu' }],
  },
  'StateDict.read': { call: StateDict.read, good: [weights, { prefix: '' }] },
  'ResNet.create': {
    call: ResNet.create,
    good: [{ arch: 'resnet18', classes: 2, seed: 0, layout: 'fast', dtype: 'float32' }],
  },
  'ResNet18.create': { call: ResNet18.create, good: [{ classes: 2, seed: 0 }] },
  'SGD.create': {
    call: SGD.create,
    good: [() => model, { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false }],
  },
  'StepLR.create': { call: StepLR.create, good: [() => optimizer, { stepSize: 1, gamma: 0.1 }] },
  'ImageLoader.create': {
    call: ImageLoader.create,
    good: [
      {
        samples: [{ path: 'a.png', label: 0 }],
        transforms: [torchwing.transforms.resize([32, 32]), torchwing.transforms.toTensor()],
        batchSize: 1,
        workers: 1,
        prefetchBatches: 1,
        seed: 0,
        shuffle: false,
        dropLast: false,
        onBadImage: 'error',
        limits: {},
        exif: 'ignore',
        decode: 'exact',
        resize: 'pillow',
        cache: { decoded: 0 },
      },
    ],
  },
  'TrainingSession.create': {
    call: TrainingSession.create,
    good: [() => ({ model, optimizer, device: 'cpu', mix: {}, labelSmoothing: 0 })],
  },
  'Predictor.load': {
    call: Predictor.load,
    good: [weights, { device: 'cpu', precision: 'fp32', threads: 'auto', batchSize: 1, workers: 1 }],
  },
  crossEntropy: {
    call: torchwing.crossEntropy,
    good: [() => ones([2, 2]), () => Tensor.from(new BigInt64Array(2), [2]), { labelSmoothing: 0 }],
  },
  mixBatch: {
    call: torchwing.mixBatch,
    good: [
      () => images,
      () => Tensor.from(new BigInt64Array(2), [2]),
      { mixupAlpha: 1, cutmixAlpha: 0, classes: 2, seed: 0, epoch: 0, step: 0 },
    ],
  },
  saveTorchCheckpoint: {
    call: torchwing.saveTorchCheckpoint,
    good: [join(folder, 'torch.pth'), () => ({ optimizer, record: '' })],
  },
  loadTorchCheckpoint: {
    call: torchwing.loadTorchCheckpoint,
    good: [join(folder, 'torch.pth'), () => ({ optimizer })],
  },
  weightsSha256: { call: torchwing.weightsSha256, good: [() => state] },
};

test.each(Object.entries(FUNCTIONS))('%s refuses what is wrong by a code', async (name, { call, good }) => {
  const { [name.split('.')[0] as string]: receiver } = torchwing as unknown as Record<string, unknown>;
  expect(await refusals(name, good, (args) => Reflect.apply(call, receiver, args))).toEqual([]);
});

describe('a buffer that was taken away', () => {
  test('is refused when it is detached', async () => {
    const values = new Float32Array(3);
    structuredClone(values.buffer, { transfer: [values.buffer] });
    await expect(Tensor.from(values, [3])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const empty = await Tensor.from(values, [0]);
    expect(empty.shape).toEqual([0]);
    empty.dispose();
  });

  test('is refused when it was made too short, and copied at once otherwise', async () => {
    const { buffer, resize } = resizable(12);
    const fixed = new Float32Array(buffer, 0, 3);
    const whole = new Float32Array(buffer);
    whole.set([1, 2, 3]);
    const copied = Tensor.from(fixed, [3]);
    resize(4);
    await expect(Tensor.from(fixed, [3])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(Tensor.from(whole, [3])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const one = await Tensor.from(whole, [1]);
    expect([...((await (await copied).data()) as Float32Array)]).toEqual([1, 2, 3]);
    expect(await one.item()).toBe(1);
    for (const tensor of [await copied, one]) tensor.dispose();
  });

  test('is an image without content to a loader and to a predictor', async () => {
    const bytes = new Uint8Array(100);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const { buffer, resize } = resizable(100);
    const short = new Uint8Array(buffer, 50, 50);
    resize(10);
    const predictor = await Predictor.load(weights, { device: 'cpu' });
    for (const image of [bytes, short])
      await expect(predictor.predict([image])).rejects.toMatchObject({ code: 'IMAGE_DECODE' });
    predictor.dispose();
  });
});

test.each(['model', 'optimizer', 'loader', 'session'] as const)(
  'the %s of a running phase can be disposed: the phase goes on to its end, or to stop()',
  async (victim) => {
    const model = await ResNet18.create({ classes: 2 });
    const optimizer = await SGD.create(model, { lr: 0.1 });
    const session = await TrainingSession.create({ model, optimizer, device: 'cpu' });
    const loader = await makeLoader();
    const handles = { model, optimizer, loader, session };
    const running = session.runEpoch({ phase: 'train', loader, epoch: 0, lr: 0.1 });
    handles[victim].dispose();
    expect(await running).toMatchObject({ steps: 1, images: 2, stopped: false });
    // A session holds its model and its optimizer by itself.
    const again = await outcomeOf(() => session.runEpoch({ phase: 'train', loader, epoch: 1, lr: 0.1 }));
    expect(again).toBe(victim === 'session' || victim === 'loader' ? 'DISPOSED' : 'resolved');
    for (const handle of Object.values(handles)) handle.dispose();
  },
);

test('a trainer that is disposed in mid-fit rejects it with DISPOSED, and so all that comes after', async () => {
  const trainer = new Trainer({ ...configOf(), epochs: 1000 });
  await expect(trainer.fit({ onProgress: () => trainer.dispose() })).rejects.toMatchObject({
    code: 'DISPOSED',
  });
  await expect(trainer.fit()).rejects.toMatchObject({ code: 'DISPOSED' });
});

/** Things that are hardly ever what a function wants. An empty text is no path. */
const JUNK = [
  undefined,
  null,
  true,
  Number.NaN,
  -1,
  1.5,
  2 ** 60,
  '',
  Symbol('junk'),
  10n,
  {},
  [],
  () => {},
  new Date(0),
  new Proxy({}, {}),
];

/** Each argument, and each property of one that is a plain object, replaced by junk; what was not refused by a code. */
async function refusals(
  name: string,
  good: unknown[],
  call: (args: unknown[]) => unknown,
): Promise<string[]> {
  const untyped: string[] = [];
  const attempt = async (place: string, junk: unknown, args: unknown[]) => {
    const outcome = await outcomeOf(() => call(args));
    if (outcome.startsWith('untyped')) untyped.push(`${name} ${place} ${inspect(junk)}: ${outcome}`);
  };
  for (const at of good.keys()) {
    for (const junk of JUNK) {
      const args = await prepared(good);
      args[at] = junk;
      await attempt(`[${at}]`, junk, args);
    }
    const [whole] = (await prepared([good[at]])) as [object];
    if (typeof whole !== 'object' || whole === null || Object.getPrototypeOf(whole) !== Object.prototype)
      continue;
    for (const key of Object.keys(whole)) {
      for (const junk of JUNK) {
        const args = await prepared(good);
        args[at] = { ...whole, [key]: junk };
        await attempt(`[${at}].${key}`, junk, args);
      }
    }
  }
  return untyped;
}

function inherited(prototype: object, name: string | symbol): boolean {
  return !Object.hasOwn(prototype, name);
}

/** A buffer that can be resized, which the language of this file does not know yet. */
function resizable(bytes: number): { buffer: ArrayBuffer; resize: (bytes: number) => void } {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer;
  const buffer = new Resizable(bytes, { maxByteLength: bytes });
  return { buffer, resize: (size) => (buffer as unknown as { resize(size: number): void }).resize(size) };
}
