import { DEFAULT_PRECISION } from '../config/precisions';
import { invalidValue } from '../config/problems';
import { ImageLoader } from '../data/image-loader';
import { defaultWorkers } from '../data/loader-defaults';
import type { Transform } from '../data/transforms';
import { guardReceivers, objectOf } from '../native/arguments';
import { TorchwingError } from '../native/errors';
import { callNative, makeDisposable } from '../native/handle';
import { loadNative } from '../native/load';
import type { Precision } from '../native/types';
import type { Tensor } from '../tensor';
import { chooseDevice } from '../trainer/device';
import { choosePrecision } from '../trainer/precision';
import { type Classifier, type Computation, loadClassifier } from './load-classifier';
import { topK } from './top-k';
import type { ImageInput, Prediction, PredictOptions, PredictorOptions } from './types';

const DEFAULT_BATCH_SIZE = 32;
const DEFAULT_TOP_K = 5;

/** Tells the classes of images by a trained weight file, which carries its class names and its preprocessing. */
export class Predictor {
  /** `using`; defined by makeDisposable. */
  declare [Symbol.dispose]: () => void;
  /** `await using`; defined by makeDisposable. */
  declare [Symbol.asyncDispose]: () => Promise<void>;
  /** Class names; their position is the index. */
  readonly classes: readonly string[];
  readonly transforms: readonly Transform[];
  readonly device: string;
  /** What the model computes in: never `auto`, but what it came to. */
  readonly precision: Precision;
  readonly #batchSize: number;
  readonly #workers: number;
  #classifier: Classifier | null;

  /** Whether an object has the private fields of this class. For use inside lib/ only. */
  static holds(value: object): boolean {
    return #classifier in value;
  }

  private constructor(
    classifier: Classifier,
    { device, precision }: Computation,
    batchSize: number,
    workers: number,
  ) {
    this.#classifier = classifier;
    this.classes = Object.freeze([...classifier.classes]);
    this.transforms = Object.freeze([...classifier.transforms]);
    this.device = device;
    this.precision = precision;
    this.#batchSize = batchSize;
    this.#workers = workers;
  }

  /**
   * @param file a `.pth` or safetensors file that a Trainer wrote, or any of a torchvision ResNet together with
   *   `options.classes`
   * @throws TorchwingError WEIGHTS_NOT_FOUND, WEIGHTS_FORMAT, WEIGHTS_UNSAFE, WEIGHTS_UNSUPPORTED, WEIGHTS_MISMATCH,
   *   INVALID_ARGUMENT, INVALID_CONFIG for `tf32` on the CPU, CUDA_UNAVAILABLE, THREADS_CONFLICT, ARITHMETIC_CONFLICT
   */
  static async load(file: string, options: PredictorOptions = {}): Promise<Predictor> {
    const {
      precision: wanted = DEFAULT_PRECISION,
      threads = 'auto',
      batchSize = DEFAULT_BATCH_SIZE,
      workers = defaultWorkers(),
    } = objectOf(options);
    checkCount('batchSize', batchSize);
    checkCount('workers', workers);
    if (threads !== 'auto') checkCount('threads', threads);
    await callNative(async () => (await loadNative()).setThreads(threads === 'auto' ? 0 : threads));
    const device = await chooseDevice(options.device ?? 'auto');
    const computation = { device, precision: await choosePrecision(wanted, device) };
    const classifier = await loadClassifier(file, options, computation);
    return new Predictor(classifier, computation, batchSize, workers);
  }

  /**
   * @param images paths and file contents, mixed at will
   * @returns for each image, in order, its most probable classes
   * @throws TorchwingError IMAGE_READ, IMAGE_DECODE or IMAGE_TOO_LARGE, naming the image (bytes are named by position)
   */
  async predict(images: readonly ImageInput[], options: PredictOptions = {}): Promise<Prediction[][]> {
    const classifier = this.#classifier;
    if (classifier === null) {
      throw new TorchwingError('DISPOSED', 'This Predictor was disposed and cannot be used again.');
    }
    const { batchSize = this.#batchSize, topK: count = DEFAULT_TOP_K, signal } = objectOf(options);
    checkCount('batchSize', batchSize);
    checkCount('topK', count);
    if (!Array.isArray(images))
      throw new TorchwingError('INVALID_ARGUMENT', invalidValue('images', images, 'an array'));
    const samples = (images as readonly ImageInput[]).map(toSample);
    signal?.throwIfAborted();
    if (samples.length === 0) return [];
    const loader = await ImageLoader.create({
      samples,
      ...classifier.reading,
      transforms: classifier.transforms,
      batchSize,
      workers: Math.min(this.#workers, samples.length),
      shuffle: false,
    });
    try {
      const results: Prediction[][] = [];
      for await (const batch of loader.epoch(0)) {
        batch.labels.dispose();
        const rows = await this.#probabilities(classifier, batch.images);
        signal?.throwIfAborted();
        for (const row of rows) results.push(topK(row, this.classes, count));
      }
      return results;
    } finally {
      loader.dispose();
    }
  }

  /** Frees the model as soon as no running prediction needs it. */
  dispose(): void {
    this.#classifier?.tf32?.dispose();
    this.#classifier?.model.dispose();
    this.#classifier = null;
  }

  /** Softmax over the classes, one row per image. Disposes `images`. */
  async #probabilities({ model }: Classifier, images: Tensor): Promise<Float32Array[]> {
    const made: Tensor[] = [images];
    const keep = (tensor: Tensor): Tensor => {
      made.push(tensor);
      return tensor;
    };
    try {
      const input = this.device === 'cpu' ? images : keep(await images.to(this.device));
      const probabilities = keep(await keep(await model.forward(input)).softmax(1));
      const values = (await probabilities.data()) as Float32Array;
      const width = this.classes.length;
      return Array.from({ length: values.length / width }, (_, row) =>
        values.subarray(row * width, (row + 1) * width),
      );
    } finally {
      for (const tensor of made) tensor.dispose();
    }
  }
}

makeDisposable(Predictor.prototype);
guardReceivers(Predictor);

function toSample(image: ImageInput, position: number): { path: string; label: number; bytes?: Uint8Array } {
  if (typeof image === 'string') return { path: image, label: 0 };
  // By its tag: under Jest a Buffer belongs to another realm.
  if (ArrayBuffer.isView(image)) return { path: `image ${position}`, label: 0, bytes: image };
  throw new TorchwingError(
    'INVALID_ARGUMENT',
    invalidValue(`images[${position}]`, image, 'a path or the bytes of an image file'),
  );
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new TorchwingError('INVALID_ARGUMENT', invalidValue(name, value, 'an integer >= 1'));
}
