/**
 * The whole native surface, typed by hand. Nothing else describes the addon; `npm run check` fails when this file and
 * the addon's real exports differ. Promises settle on the JavaScript thread; the work behind them runs on the compute
 * thread in call order. Rejections are plain `{ code, message, hint }` errors, which lib/native/errors.ts turns into
 * TorchwingError.
 */
export type DType = 'float32' | 'float64' | 'float16' | 'bfloat16' | 'int64' | 'int32' | 'uint8' | 'bool';
export type Phase = 'train' | 'val';
/** Members of torchvision's ResNet family, by torchvision's names. */
export type Architecture = 'resnet18' | 'resnet34' | 'resnet50' | 'resnet101' | 'resnet152';
/** Containers of weight files: the zip form of `torch.save`, and safetensors. */
export type WeightFormat = 'pth' | 'safetensors';
/** `fast` lets the model choose memory layouts and fold BatchNorm; `strided` keeps PyTorch's plain kernels. */
export type Layout = 'fast' | 'strided';

/**
 * What a forward pass computes in: float32 with PyTorch's own settings, float32 whose products CUDA rounds to TF32, or
 * convolutions and matrix products in 16 bits by autocast.
 */
export type Precision = 'fp32' | 'tf32' | 'bf16' | 'fp16';

export interface NativeTensor {
  readonly shape: number[];
  readonly dtype: DType;
  readonly device: string;
  to(device: string): Promise<NativeTensor>;
  argmax(dim: number): Promise<NativeTensor>;
  softmax(dim: number): Promise<NativeTensor>;
  eq(other: NativeTensor): Promise<NativeTensor>;
  sum(): Promise<NativeTensor>;
  backward(): Promise<void>;
  /** Value of a one-element tensor. */
  item(): Promise<number>;
  /** Contiguous CPU bytes, a copy. */
  data(): Promise<ArrayBuffer>;
  dispose(): void;
}

/** An ordered, detached set of named CPU tensors: a snapshot of a model, or what a weight file held. */
export interface NativeStateDict {
  readonly entries: { name: string; dtype: DType; shape: number[] }[];
  /** Text of the file's `torchwing.json` record; null for snapshots and files without one. */
  readonly record: string | null;
  readonly notes: string[];
  tensor(name: string): Promise<NativeTensor>;
  /** Atomic file with `record` inside, unless that is empty. */
  save(path: string, record: string, format: WeightFormat): Promise<void>;
  /** The `.pth` with a length and a checksum over every byte, on a thread beside the compute thread. */
  saveCheckpoint(path: string, record: string): Promise<void>;
  dispose(): void;
}

export interface NativeResNet {
  readonly arch: Architecture;
  readonly classes: number;
  readonly layout: Layout;
  readonly device: string;
  readonly training: boolean;
  replaceHead(classes: number, seed: number): Promise<void>;
  setTrainable(which: 'all' | 'head', frozenBatchNorm: 'tutorial' | 'eval'): Promise<void>;
  train(): Promise<void>;
  eval(): Promise<void>;
  forward(images: NativeTensor, grad: boolean): Promise<NativeTensor>;
  to(device: string): Promise<void>;
  stateDict(): Promise<NativeStateDict>;
  loadStateDict(
    state: NativeStateDict,
    strict: boolean,
  ): Promise<{ missingKeys: string[]; unexpectedKeys: string[] }>;
  dispose(): void;
}

export interface NativeSGDOptions {
  lr: number;
  momentum: number;
  dampening: number;
  weightDecay: number;
  nesterov: boolean;
}

/** One parameter group of Python's `optimizer.state_dict()`, in camelCase. */
export interface NativeSGDParamGroup extends NativeSGDOptions {
  /** Numbers of the parameters, in their order. */
  params: number[];
}

export interface NativeSGD {
  lr: number;
  step(): Promise<void>;
  zeroGrad(): Promise<void>;
  /** `state`: momentum buffers named by the number of their parameter. */
  stateDict(): Promise<{ state: NativeStateDict; paramGroup: NativeSGDParamGroup }>;
  loadStateDict(state: NativeStateDict, paramGroup: NativeSGDParamGroup): Promise<void>;
  dispose(): void;
}

export interface NativeStepLR {
  readonly lastLr: number;
  readonly lastEpoch: number;
  /** Advances one epoch and sets the optimizer's `lr`. */
  step(): void;
  loadState(lastEpoch: number, lastLr: number): void;
}

/** Where one image comes from; `bytes` wins over reading `path`, which is then only its name in messages. */
export interface NativeSample {
  path: string;
  label: number;
  bytes?: Uint8Array;
}

export interface NativeLoaderOptions {
  samples: NativeSample[];
  /** The objects of lib/data/transforms.ts; native/binding/transform_spec.cc reads them. */
  transforms: readonly { readonly type: string }[];
  batchSize: number;
  workers: number;
  prefetchBatches: number;
  seed: number;
  shuffle: boolean;
  dropLast: boolean;
  skipBadImages: boolean;
  limits: { pixels: number; fileBytes: number; decoderBytes: number; progressiveScans: number };
  exif: 'ignore' | 'apply';
  decode: 'exact' | 'scaled';
  resize: 'pillow' | 'tensor';
  /** Bytes for decoded images; 0 keeps none. */
  cacheBytes: number;
}

export interface NativeBatch {
  images: NativeTensor;
  labels: NativeTensor;
  /** int32 positions in the sample list. */
  indices: ArrayBuffer;
  /** 0-based position in the epoch. */
  step: number;
}

/** How training batches are mixed; see native/core/data/mix.h. An alpha of 0 leaves that way out. */
export interface NativeMix {
  mixupAlpha: number;
  cutmixAlpha: number;
  seed: number;
}

/** Seconds summed over the workers since the epoch began. */
export interface NativeLoaderCosts {
  read: number;
  decode: number;
  resize: number;
  otherTransforms: number;
  images: number;
  /** Images of these that came decoded from the cache, and the bytes that it holds. */
  cacheHits: number;
  cacheBytes: number;
  skipped: number[];
}

/** A file that a worker has been busy with for so long. */
export interface NativeImageUnderWay {
  path: string;
  seconds: number;
}

export interface NativeImageLoader {
  readonly steps: number;
  start(epoch: number, startStep: number): Promise<void>;
  /** The next batch in order; null at the end of the epoch. The wait blocks no other native call. */
  next(): Promise<NativeBatch | null>;
  cancel(): void;
  costs(): Promise<NativeLoaderCosts>;
  /** Images that workers have been busy with for `seconds` or longer, the longest first. */
  underWay(seconds: number): NativeImageUnderWay[];
  dispose(): void;
}

/** What preflight wants to know of one file; see native/core/data/inspect_image.h. */
export interface NativeImageFacts {
  verdict: 'good' | 'unreadable' | 'truncated' | 'tooLarge' | 'empty';
  /** By content: JPEG, PNG, GIF, BMP, TIFF, WebP or PNM; empty for anything else. */
  format: string;
  cmyk: boolean;
  animated: boolean;
  /** EXIF's, 1..8; 1 where nothing is said. */
  orientation: number;
  /** Pixels as stored; 0 unless the verdict is good. */
  width: number;
  height: number;
  bytes: number;
  /** 64 hex digits; empty where the file could not be read. */
  sha256: string;
  /** 16 hex digits; null for an even image and unless the verdict is good. */
  perceptualHash: string | null;
  /** Of the error; both empty when the verdict is good. */
  code: string;
  message: string;
}

export interface NativeImageInspection {
  /** Files inspected so far. */
  readonly done: number;
  /** The facts in the order of the paths, null after cancel(); once. On threads of its own, not the compute thread. */
  run(): Promise<NativeImageFacts[] | null>;
  cancel(): void;
  /** As NativeImageLoader's. */
  underWay(seconds: number): NativeImageUnderWay[];
  dispose(): void;
}

/** What a phase has counted so far. */
export interface NativePhaseCounts {
  images: number;
  correct: number;
  /** Sum of each batch's mean loss times its size. */
  lossSum: number;
  /** Images left out because they could not be decoded. */
  skipped: number;
}

/** Between two steps: where a phase can go on, given the counts so far. */
export interface NativePhasePosition extends NativePhaseCounts {
  phase: Phase;
  epoch: number;
  /** The next one. */
  step: number;
  /** As the option of that name, from here on. */
  microBatch: number;
}

export interface NativePhaseOptions {
  phase: Phase;
  loader: NativeImageLoader;
  epoch: number;
  lr: number;
  startStep: number;
  /** -1: to the end of the epoch. */
  maxSteps: number;
  /** Counted by the steps before `startStep`. */
  before: NativePhaseCounts;
  /** Training steps of the whole run from one snapshot to the next; 0: only those that are requested. */
  snapshotEvery: number;
  /** Whether a step for which memory runs out is tried again in smaller parts. */
  autoBatch: boolean;
  /** Images of a batch that are computed at once; 0: all. */
  microBatch: number;
}

export interface NativeProgress {
  phase: Phase;
  epoch: number;
  step: number;
  steps: number;
  images: number;
  loss: number;
  accuracy: number;
  seconds: number;
}

/** What is known of memory that ran out, in bytes and in images; null is what is not known. */
export interface MemoryDetails {
  /** Whose memory it is: `cpu`, `cuda:0`, … */
  device: string;
  /** By the allocation that failed. What is larger than a KiB LibTorch rounds to a hundredth of its unit on an accelerator. */
  asked: number | null;
  /** On an accelerator as the failure left it; on the CPU once what failed was given up. */
  free: number | null;
  /** Of the device; on the CPU of the machine or of the control group that leaves the least. */
  total: number | null;
  /** Images of the batch that was tried. */
  batchSize: number | null;
  /** So many of them were computed at once. */
  microBatch: number | null;
}

/** What the caching allocator of a device holds for this process, in bytes, as `torch.cuda` names it. */
export interface DeviceMemory {
  /** In tensors, at the end of the phase. */
  allocated: number;
  /** The most of it in the phase. */
  maxAllocated: number;
  /** Taken from the device: tensors, and blocks that are kept for later. */
  reserved: number;
  maxReserved: number;
}

/** Counts are of the whole phase, `before` included. */
export interface NativePhaseResult extends NativePhaseCounts {
  /** Done by this call. */
  steps: number;
  /** Where the phase would go on. */
  nextStep: number;
  seconds: number;
  waitSeconds: number;
  costs: NativeLoaderCosts;
  stopped: boolean;
  /** As the option of that name, from here on. */
  microBatch: number;
  /** Null on the CPU. */
  deviceMemory: DeviceMemory | null;
}

export interface NativeTrainingSession {
  /** One job on the long lane. The model is leased while it runs: calls that would change it reject with MODEL_BUSY. */
  runEpoch(
    options: NativePhaseOptions,
    onProgress: (progress: NativeProgress) => void,
    /** Called before the promise settles, with `state()` as it was at `position`; at most one until snapshotTaken(). */
    onSnapshot: (position: NativePhasePosition, state: NativeStateDict) => void,
    /** Memory ran out for a batch of `images`: from that step on batches are computed in parts of `microBatch`. */
    onMicroBatch: (microBatch: number, images: number) => void,
  ): Promise<NativePhaseResult>;
  /** Ends the running phase after its current step. */
  stop(): void;
  snapshotBest(): Promise<void>;
  restoreBest(): Promise<void>;
  /** The best snapshot, or null before the first. */
  bestState(): Promise<NativeStateDict | null>;
  /** Asks for a snapshot after the current step, or the first one of the next phase. */
  requestSnapshot(): void;
  /** The taker of the last snapshot is ready for another one. */
  snapshotTaken(): void;
  /** A copy of all that training needs to go on; names begin with `model.`, `momentum.` or `best.`. */
  state(): Promise<NativeStateDict>;
  loadState(state: NativeStateDict): Promise<void>;
  dispose(): void;
}

export interface NativeCudaStatus {
  available: boolean;
  /** One line with the cause, null when available. */
  whyNot: string | null;
  /** What to do about it; null when available. */
  cure: string | null;
  /** How many; LibTorch counts them, and touches none. */
  devices: number;
}

export interface NativeVersion {
  addon: string;
  /** LibTorch minor that the addon was built for, for example "2.13". */
  builtFor: string;
  /** ATen's CPU dispatch: DEFAULT, AVX2, AVX512, … */
  cpuCapability: string;
  threads: number;
}

export interface NativeAddon {
  Tensor: {
    /** Copies `data` before it returns, so the caller may change it afterwards. */
    from(data: Uint8Array, shape: number[], dtype: DType, device: string): Promise<NativeTensor>;
  };
  StateDict: {
    /** An empty prefix takes DataParallel's `module.` off, any other keeps only the names that begin with it. */
    read(path: string, prefix: string): Promise<NativeStateDict>;
    /** What saveCheckpoint() wrote, its checksum verified first. */
    readCheckpoint(path: string): Promise<NativeStateDict>;
  };
  ResNet: {
    create(options: {
      arch: Architecture;
      classes: number;
      seed: number;
      layout: Layout;
      precision: Precision;
      dtype: 'float32' | 'float64';
    }): Promise<NativeResNet>;
  };
  SGD: { create(model: NativeResNet, options: NativeSGDOptions): Promise<NativeSGD> };
  StepLR: { create(optimizer: NativeSGD, stepSize: number, gamma: number): NativeStepLR };
  ImageLoader: { create(options: NativeLoaderOptions): Promise<NativeImageLoader> };
  ImageInspection: {
    create(
      paths: string[],
      options: { limits: NativeLoaderOptions['limits']; workers: number },
    ): NativeImageInspection;
  };
  TrainingSession: {
    create(options: {
      model: NativeResNet;
      optimizer: NativeSGD | null;
      device: string;
      mix: NativeMix;
      labelSmoothing: number;
      /** Training steps as CUDA graphs; rejects with CUDA_GRAPH_UNAVAILABLE where `device` has none. */
      cudaGraph: boolean;
      /** On CUDA; rejects with INVALID_CONFIG without CUBLAS_WORKSPACE_CONFIG, or ARITHMETIC_CONFLICT. */
      deterministic: boolean;
    }): Promise<NativeTrainingSession>;
  };
  /** Model, optimizer and schedule in the form of a Python checkpoint, atomically. */
  saveTorchCheckpoint(
    path: string,
    optimizer: NativeSGD,
    scheduler: NativeStepLR | null,
    record: string,
  ): Promise<void>;
  /** Loads one, all or nothing; resolves to remarks for the user. */
  loadTorchCheckpoint(path: string, optimizer: NativeSGD, scheduler: NativeStepLR | null): Promise<string[]>;
  crossEntropy(logits: NativeTensor, labels: NativeTensor, labelSmoothing: number): Promise<NativeTensor>;
  mixBatch(
    images: NativeTensor,
    labels: NativeTensor,
    options: NativeMix & { classes: number; epoch: number; step: number },
  ): Promise<{ images: NativeTensor; labels: NativeTensor }>;
  /** Process-wide, settable once; another value later rejects with THREADS_CONFLICT. 0 keeps what is set, or the default. */
  setThreads(threads: number): Promise<number>;
  /** Whether this processor multiplies bfloat16 itself. */
  cpuComputesBf16(): boolean;
  cudaStatus(): Promise<NativeCudaStatus>;
  /** What `cudaStatus` and every refused device say from here on, in the whole process, instead of what LibTorch sees. */
  explainCudaAbsence(whyNot: string, cure: string): void;
  /** Opens the part that links LibTorch's CUDA half, which must be mapped; without it there are no CUDA graphs. */
  openCudaPart(path: string): void;
  /** Rejects with CUDA_GRAPH_UNAVAILABLE, saying why, where `device` has no CUDA graphs. */
  requireDeviceGraphs(device: string): Promise<void>;
  version(): Promise<NativeVersion>;
  /** Baseline JPEG of height x width x 3 RGB bytes. */
  encodeJpeg(rgb: Uint8Array, width: number, height: number, quality: number): Promise<ArrayBuffer>;
  /** Calls `listener` with each different warning of LibTorch, one line, for as long as the environment lives. */
  onWarning(listener: (message: string) => void): void;
}

/** What NVIDIA's driver says of itself, without LibTorch. */
export interface CudaDriver {
  /** The dynamic linker's reason why libcuda.so.1 could not be mapped; null when it was. */
  missing: string | null;
  /** Path of the mapped libcuda.so.1. */
  library: string | null;
  /** 1000 * major + 10 * minor of the newest CUDA that it supports; 0 without a driver. */
  driverVersion: number;
  /** By CUDA index, null for one that fails. `capability` is the compute capability, for example "9.0"; bytes. */
  devices: ({ name: string; capability: string; totalMemory: number } | null)[];
  /** The first call that failed. `code` is its CUresult, 0 when the library has no such function; `name` is the driver's own for it. */
  failure: { call: string; code: number; name: string | null } | null;
  /** CUDA_VISIBLE_DEVICES as the driver saw it. */
  visibleDevices: string | null;
}

/** The loader addon, which knows no LibTorch. */
export interface NativeLibraryLoader {
  /** Maps each library by absolute path, in order, RTLD_NOW | RTLD_LOCAL, on a thread of its own. */
  mapLibraries(paths: string[]): Promise<void>;
  /** The same for one small library, before it returns: nothing else of this thread can run meanwhile. */
  mapLibrary(path: string): void;
  /** Path of a library that is mapped already, by soname; null when it is not. */
  mappedPath(soname: string): string | null;
  /** Sets a variable in the C environment, or unsets it with null, behind process.env's back. JavaScript thread only. */
  setEnvironment(name: string, value: string | null): void;
  /** Makes a file that was not there, for removeAtEnd, in one go. Gives errno, 0 when it is made. */
  holdFile(path: string, content: string): number;
  /** Removes the file when this Node environment is torn down, as that of a worker that is terminated. */
  removeAtEnd(path: string): void;
  /** Takes it back. */
  keepAtEnd(path: string): void;
  /** Starts libcuda.so.1 in this process (cuInit) and asks for its version and devices, on a thread of its own. */
  probeCudaDriver(): Promise<CudaDriver>;
}
