import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { architectureOf } from '../../lib/model/architecture';
import type { CudaAbsence } from '../../lib/native/cuda-absence';
import type {
  Architecture,
  CudaDriver,
  DeviceMemory,
  NativeAddon,
  NativeImageFacts,
  NativeImageInspection,
  NativeLoaderOptions,
  NativeMix,
  NativePhaseOptions,
  NativePhasePosition,
  NativePhaseResult,
  NativeProgress,
  NativeResNet,
  NativeSGD,
  NativeStateDict,
  NativeTensor,
  Precision,
} from '../../lib/native/types';
import { temporaryFolder } from './temporary-folder';

/** What a running phase of the fake may do before it ends. */
export interface PhaseScript {
  options: NativePhaseOptions;
  progress(step: number, steps: number): void;
  /** What the session does when a snapshot is due behind `step` steps. */
  snapshot(step: number): void;
  /** Memory runs out for a batch of `images`: from here on the phase computes `microBatch` of them at once. */
  halve(microBatch: number, images: number): void;
  /** Settles when the session is stopped. */
  stopped: Promise<void>;
}

/** One weight file that the fake can read. */
export interface FakeWeights {
  /** Default resnet18. */
  arch?: Architecture;
  headClasses: number;
  record?: string;
  notes?: string[];
}

/** The facts of a photo like no other: the path makes its hashes. */
export function goodImage(path: string): NativeImageFacts {
  const sha256 = createHash('sha256').update(path).digest('hex');
  return {
    verdict: 'good',
    format: 'JPEG',
    cmyk: false,
    animated: false,
    orientation: 1,
    width: 64,
    height: 48,
    bytes: 1000,
    sha256,
    perceptualHash: sha256.slice(0, 16),
    code: '',
    message: '',
  };
}

/** As many of a ResNet's tensors as tell which one it is. */
function backboneEntries(arch: Architecture): { name: string; dtype: 'float32'; shape: number[] }[] {
  const blocks = {
    resnet18: [2, 2, 2, 2],
    resnet34: [3, 4, 6, 3],
    resnet50: [3, 4, 6, 3],
    resnet101: [3, 4, 23, 3],
    resnet152: [3, 8, 36, 3],
  }[arch];
  const entry = (name: string, ...shape: number[]) => ({ name, dtype: 'float32' as const, shape });
  return [
    entry('conv1.weight', 64, 3, 7, 7),
    entry('layer1.0.conv2.weight', 64, 64, 3, 3),
    ...(arch === 'resnet18' || arch === 'resnet34' ? [] : [entry('layer1.0.conv3.weight', 256, 64, 1, 1)]),
    ...blocks.flatMap((count, layer) =>
      Array.from({ length: count }, (_, block) => entry(`layer${layer + 1}.${block}.conv1.weight`, 64)),
    ),
  ];
}

/**
 * An addon in memory that trains nothing: phases give scripted accuracies, every object counts itself in `live`, and
 * `calls` logs what was asked for, in order.
 */
export class FakeNative {
  calls: string[] = [];
  live = 0;
  loaders: NativeLoaderOptions[] = [];
  /** Whether a session was made with CUDA graphs, one by one; `graphRefusal` is why devices have none. */
  graphs: boolean[] = [];
  graphRefusal: { code: string; message: string; hint: string } | null = null;
  sessions: { mix: NativeMix; labelSmoothing: number }[] = [];
  sessionDevices: string[] = [];
  /** Why no session is made. */
  sessionRefusal: { code: string; message: string } | null = null;
  saved: { path: string; record: string; format: string; weights: string }[] = [];
  files = new Map<string, FakeWeights>();
  /** Checkpoints that the system does not read. */
  unreadable = new Set<string>();
  threads = 2;
  driver: CudaDriver = {
    missing: 'libcuda.so.1: cannot open shared object file: No such file or directory',
    library: null,
    driverVersion: 0,
    devices: [],
    failure: null,
    visibleDevices: null,
  };
  absence: CudaAbsence | null = { cause: 'noDriver', whyNot: 'no NVIDIA driver', cure: 'Install it.' };
  cuda = {
    available: false,
    whyNot: 'no NVIDIA driver' as string | null,
    cure: 'Install it.' as string | null,
    devices: 0,
  };
  accuracy: (phase: 'train' | 'val', epoch: number) => number = () => 0.5;
  loss: (phase: 'train' | 'val', epoch: number) => number = () => 1;
  skipped: (phase: 'train' | 'val', epoch: number) => number[] = () => [];
  /** When inspections have read their files; a cancelled one ends at once. */
  inspected: Promise<void> = Promise.resolve();
  deviceMemory: (phase: 'train' | 'val') => DeviceMemory | null = () => null;
  facts: (path: string) => Partial<NativeImageFacts> = () => ({});
  onPhase: (script: PhaseScript) => unknown = () => undefined;
  onSave: (path: string) => unknown = () => undefined;
  listeners = new Set<(warning: { code: string; message: string; hint?: string }) => void>();

  readonly addon = this.#makeAddon();

  constructor() {
    // What this fake says of a file is no verdict that another run may find.
    process.env['XDG_CACHE_HOME'] = temporaryFolder();
  }

  /** What lib/native/load.ts exports, over this fake. */
  readonly load = {
    loadNative: async () => this.addon,
    loadNativeWithLibTorch: async () => ({
      addon: this.addon,
      libtorch: {
        root: '/libtorch',
        version: '2.13.0',
        backend: 'cuda' as const,
        source: 'LIBTORCH' as const,
      },
      cuda: { driver: this.driver, absence: this.absence },
    }),
    onNativeWarning: (listener: (warning: { code: string; message: string; hint?: string }) => void) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
  };

  /** From here on there is a driver, and one CUDA device of this name. */
  addCudaDevice(name: string): void {
    this.driver = {
      ...this.driver,
      missing: null,
      driverVersion: 13000,
      devices: [{ name, capability: '9.0', totalMemory: 1 }],
    };
    this.absence = null;
    this.cuda = { available: true, whyNot: null, cure: null, devices: 1 };
  }

  #counted<Thing extends object>(thing: Thing): Thing & { dispose(): void } {
    this.live += 1;
    let alive = true;
    const dispose = () => {
      if (alive) this.live -= 1;
      alive = false;
    };
    return Object.assign(thing, { dispose });
  }

  tensor(values: number[], shape: number[]): NativeTensor {
    const own = this.#counted({
      shape,
      dtype: 'float32' as const,
      device: 'cpu',
      to: async () => this.tensor(values, shape),
      argmax: async () => this.tensor([0], [1]),
      softmax: async () => this.tensor(values, shape),
      eq: async () => this.tensor([1], [1]),
      sum: async () => this.tensor([values.reduce((sum, value) => sum + value, 0)], []),
      backward: async () => undefined,
      item: async () => values[0] ?? 0,
      data: async () => new Float32Array(values).buffer as ArrayBuffer,
    });
    return own;
  }

  #state(weights: string, file: FakeWeights): NativeStateDict {
    return this.#counted({
      entries: [
        ...backboneEntries(file.arch ?? 'resnet18'),
        { name: 'fc.weight', dtype: 'float32' as const, shape: [file.headClasses, 512] },
        { name: 'fc.bias', dtype: 'float32' as const, shape: [file.headClasses] },
      ],
      record: file.record ?? null,
      notes: file.notes ?? [],
      tensor: async () => this.tensor([0], [1]),
      save: async (path: string, record: string, format: string) => {
        await this.onSave(path);
        this.saved.push({ path, record, format, weights });
      },
      saveCheckpoint: async (path: string, record: string) => {
        await this.onSave(path);
        writeFileSync(path, JSON.stringify({ record, weights }));
      },
    });
  }

  #makeAddon(): NativeAddon {
    return {
      Tensor: { from: async (data, shape) => this.tensor([...new Float32Array(data.buffer)], shape) },
      StateDict: {
        read: async (path, prefix) => {
          if (prefix !== '') this.calls.push(`read ${path} prefix=${prefix}`);
          const file = this.files.get(path);
          if (file === undefined) {
            throw {
              code: 'WEIGHTS_NOT_FOUND',
              message: `The weight file "${path}" does not exist.`,
              hint: '',
            };
          }
          return this.#state(path, file);
        },
        readCheckpoint: async (path) => {
          if (!existsSync(path)) throw { code: 'CHECKPOINT_NOT_FOUND', message: `"${path}" is not there.` };
          if (this.unreadable.has(path)) {
            throw { code: 'CHECKPOINT_UNREADABLE', message: `"${path}" cannot be read.`, hint: 'Try again.' };
          }
          const text = readFileSync(path, 'utf8');
          if (!text.endsWith('}')) throw { code: 'CHECKPOINT_DAMAGED', message: `"${path}" is damaged.` };
          const { record, weights } = JSON.parse(text);
          return this.#state(weights, { headClasses: 2, record });
        },
      },
      ResNet: { create: async (options) => this.#model(options) },
      SGD: {
        create: async (_model, options) => {
          this.calls.push(`SGD lr=${options.lr} momentum=${options.momentum}`);
          const sgd: Partial<NativeSGD> = {
            lr: options.lr,
            step: async () => undefined,
            zeroGrad: async () => undefined,
          };
          return this.#counted(sgd) as NativeSGD;
        },
      },
      StepLR: {
        create: (optimizer, stepSize, gamma) => {
          let epoch = 0;
          return {
            get lastLr() {
              return optimizer.lr;
            },
            get lastEpoch() {
              return epoch;
            },
            step: () => {
              epoch += 1;
              if (epoch % stepSize === 0) optimizer.lr *= gamma;
              this.calls.push('scheduler.step');
            },
            loadState: (lastEpoch, lastLr) => {
              epoch = lastEpoch;
              optimizer.lr = lastLr;
            },
          };
        },
      },
      ImageLoader: { create: async (options) => this.#loader(options) },
      ImageInspection: { create: (paths) => this.#inspection(paths) },
      TrainingSession: {
        create: async (options) => {
          this.graphs.push(options.cudaGraph);
          if (this.sessionRefusal !== null) throw this.sessionRefusal;
          this.sessionDevices.push(options.device);
          this.sessions.push({ mix: options.mix, labelSmoothing: options.labelSmoothing });
          return this.#session();
        },
      },
      saveTorchCheckpoint: async (path, _optimizer, _scheduler, record) => {
        this.saved.push({ path, record, format: 'pth', weights: 'torch checkpoint' });
      },
      loadTorchCheckpoint: async () => [],
      crossEntropy: async () => this.tensor([0.7], []),
      mixBatch: async (images, labels, { classes }) => ({
        images: this.tensor([], images.shape),
        labels: this.tensor([], [labels.shape[0] ?? 0, classes]),
      }),
      setThreads: async (threads) => threads || this.threads,
      cpuComputesBf16: () => true,
      cudaStatus: async () => this.cuda,
      explainCudaAbsence: () => undefined,
      openCudaPart: () => undefined,
      requireDeviceGraphs: async () => {
        if (this.graphRefusal !== null) throw this.graphRefusal;
      },
      version: async () => ({
        addon: '0.1.0',
        builtFor: '2.13',
        cpuCapability: 'AVX2',
        threads: 2,
      }),
      encodeJpeg: async () => new ArrayBuffer(0),
      onWarning: () => undefined,
    };
  }

  #model(options: {
    arch: Architecture;
    classes: number;
    seed: number;
    layout: 'fast' | 'strided';
    precision: Precision;
  }): NativeResNet {
    const { arch, classes, seed, layout, precision } = options;
    const cast = precision === 'fp32' ? '' : ` precision=${precision}`;
    this.calls.push(`ResNet ${arch} classes=${classes} seed=${seed} layout=${layout}${cast}`);
    const model = this.#counted({
      arch,
      classes: options.classes,
      layout: options.layout,
      device: 'cpu',
      training: true,
      replaceHead: async (classes: number, seed: number) => {
        this.calls.push(`replaceHead ${classes} seed=${seed}`);
        Object.assign(model, { classes });
      },
      setTrainable: async (which: string, frozen: string) => {
        this.calls.push(`setTrainable ${which} ${frozen}`);
      },
      train: async () => undefined,
      eval: async () => undefined,
      forward: async (images: NativeTensor) => {
        const rows = images.shape[0] ?? 0;
        const logits = Array.from({ length: rows * model.classes }, (_, at) => (at % model.classes) / 10);
        this.calls.push(`forward ${rows}`);
        return this.tensor(logits, [rows, model.classes]);
      },
      to: async (device: string) => {
        this.calls.push(`to ${device}`);
      },
      stateDict: async () => this.#state('model', { arch, headClasses: model.classes }),
      loadStateDict: async (state: NativeStateDict, strict: boolean) => {
        this.calls.push(strict ? 'loadStateDict' : 'loadStateDict, not strict');
        const found = architectureOf(state.entries);
        if (found !== null && found !== options.arch) {
          throw {
            code: 'WEIGHTS_MISMATCH',
            message: 'The weights do not fit the model: missing "a".',
            hint: '',
          };
        }
        const width = state.entries.find(({ name }) => name === 'fc.weight')?.shape[0];
        if (width !== model.classes) {
          throw {
            code: 'WEIGHTS_MISMATCH',
            message: `The weights do not fit the model: wrong shape "fc.weight" received [${width}, 512] expected [${model.classes}, 512].`,
            hint: '',
          };
        }
        return { missingKeys: [], unexpectedKeys: strict ? [] : ['extra'] };
      },
    });
    return model;
  }

  #loader(options: NativeLoaderOptions) {
    this.loaders.push(options);
    const batches = Math.ceil(options.samples.length / options.batchSize);
    let step = 0;
    return this.#counted({
      steps: batches,
      start: async (_epoch: number, startStep: number) => {
        step = startStep;
      },
      next: async () => {
        if (step >= batches) return null;
        const at = step;
        const first = at * options.batchSize;
        const size = Math.min(options.batchSize, options.samples.length - first);
        step += 1;
        return {
          images: this.tensor([], [size, 3, 8, 8]),
          labels: this.tensor([], [size]),
          indices: Int32Array.from({ length: size }, (_, offset) => first + offset).buffer as ArrayBuffer,
          step: at,
        };
      },
      cancel: () => {
        this.calls.push('loader.cancel');
      },
      underWay: () => [],
      costs: async () => ({
        read: 0,
        decode: 0,
        resize: 0,
        otherTransforms: 0,
        images: 0,
        cacheHits: 0,
        cacheBytes: 0,
        skipped: [],
      }),
    });
  }

  /** Every file is a good image, different from all others, unless `facts` says otherwise. */
  #inspection(paths: string[]): NativeImageInspection {
    let cancel = () => {};
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    return this.#counted({
      done: 0,
      run: async () => {
        this.calls.push(`inspect ${paths.length}`);
        await Promise.race([this.inspected, cancelled]);
        return paths.map((path) => ({ ...goodImage(path), ...this.facts(path) }));
      },
      cancel,
      underWay: () => [],
    });
  }

  #session() {
    let stop = () => {};
    let snapshots = 0;
    let wanted = () => {};
    const snapshotState = () => this.#state(`snapshot ${snapshots}`, { headClasses: 2 });
    return this.#counted({
      runEpoch: async (
        options: NativePhaseOptions,
        onProgress: (progress: NativeProgress) => void,
        onSnapshot: (position: NativePhasePosition, state: NativeStateDict) => void,
        onMicroBatch: (microBatch: number, images: number) => void,
      ): Promise<NativePhaseResult> => {
        const { phase, epoch, lr, startStep } = options;
        this.calls.push(`${phase} ${epoch} lr=${lr}${startStep > 0 ? ` from ${startStep}` : ''}`);
        let wasStopped = false;
        let { microBatch } = options;
        const halve = (half: number, of: number) => {
          microBatch = half;
          onMicroBatch(half, of);
        };
        const snapshot = (step: number) =>
          onSnapshot(
            {
              phase,
              epoch,
              step,
              microBatch,
              images: step * 4,
              correct: step * 2,
              lossSum: step * 4,
              skipped: 0,
            },
            snapshotState(),
          );
        wanted = () => snapshot(startStep + 1);
        const stopped = new Promise<void>((resolve) => {
          stop = () => {
            wasStopped = true;
            resolve();
          };
        });
        const progress = (step: number, steps: number) =>
          onProgress({
            phase,
            epoch,
            step,
            steps,
            images: step * 4,
            loss: 1,
            accuracy: 0.5,
            seconds: step / 10,
          });
        await this.onPhase({ options, progress, snapshot, halve, stopped });
        wanted = () => {};
        const skipped = this.skipped(phase, epoch);
        const images = 100 - skipped.length;
        return {
          steps: 25 - startStep,
          nextStep: wasStopped ? startStep + 1 : 25,
          skipped: skipped.length,
          images,
          correct: images * this.accuracy(phase, epoch),
          lossSum: images * this.loss(phase, epoch),
          seconds: 2,
          waitSeconds: 0.5,
          costs: {
            read: 1,
            decode: 2,
            resize: 3,
            otherTransforms: 4,
            images,
            cacheHits: 0,
            cacheBytes: 0,
            skipped,
          },
          stopped: wasStopped,
          microBatch,
          deviceMemory: this.deviceMemory(phase),
        };
      },
      stop: () => {
        this.calls.push('session.stop');
        stop();
      },
      snapshotBest: async () => {
        snapshots += 1;
        this.calls.push('snapshotBest');
      },
      restoreBest: async () => undefined,
      bestState: async () => (snapshots === 0 ? null : snapshotState()),
      requestSnapshot: () => {
        this.calls.push('requestSnapshot');
        wanted();
      },
      snapshotTaken: () => undefined,
      state: async () => this.#state('state', { headClasses: 2 }),
      loadState: async () => {
        snapshots += 1;
        this.calls.push('session.loadState');
      },
    });
  }
}
