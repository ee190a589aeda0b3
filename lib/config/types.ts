import type { BatchMix } from '../data/batch-mix';
import type { ByteSize } from '../data/byte-size';
import type { DatasetName } from '../data/dataset-catalogue';
import type { DecodeForm, ExifPolicy, ImageLimits, ResizeArithmetic } from '../data/loader-defaults';
import type { Transform } from '../data/transforms';
import type { WeightsName } from '../model/weights-catalogue';
import type { Architecture, Layout, Precision } from '../native/types';
import type { Duration } from './duration';

/** `finetune` trains every layer; `extractor` trains only the new head on a frozen backbone. */
export type Mode = 'finetune' | 'extractor';

/** `auto`: `bf16` where the device has units for it, otherwise `fp32`. */
export type PrecisionChoice = Precision | 'auto';

/** One image of a list source: its file and its class name. */
export interface ListedImage {
  path: string;
  label: string;
}

/**
 * Where the images of one phase come from: a folder with one folder per class, one part of such a folder (a seeded,
 * stratified split), a list, or a published data set, which is downloaded into the cache where it is missing.
 */
export type Source =
  | { dir: string }
  | { dir: string; split: 'train' | 'val'; valSplit: number }
  | { list: ListedImage[] }
  | { dataset: DatasetName; split: 'train' | 'val' };

export type BadImagePolicy = 'error' | 'skip' | 'replace';

export type BadLossPolicy = 'stop' | 'rollback';

export interface DataConfig {
  /** Shorthand for both sources: a folder with `train/` and `val/`, or, with `valSplit`, one folder of classes. */
  dir?: string;
  /** Share of each class that becomes validation data, in (0, 1); drawn from `seed`. */
  valSplit?: number;
  /** Shorthand for both sources: a published data set. `hymenoptera` is the tutorial's ants and bees. */
  dataset?: DatasetName;
  train?: Source;
  val?: Source;
  /**
   * Side in pixels of the default transforms, 16..4096, default 224. Train: randomResizedCrop(s), flip; val:
   * resize(round(s * 256 / 224)), centerCrop(s); both end with toTensor, normalize(IMAGENET). Null when the transforms
   * are given and are of other sizes.
   */
  imageSize?: number | null;
  transforms?: { train?: Transform[]; val?: Transform[] };
  /** Images per step, default 4. */
  batchSize?: number;
  /** Decoding threads per phase, 1..256. Default 4, but no more than the free cores. */
  workers?: number;
  /** Leaves out a last training batch that is not full. Default false. */
  dropLast?: boolean;
  /**
   * What an image that cannot be used does to the run: `error` (default) stops it; `skip` leaves the image out;
   * `replace` puts the next good image of its class in its place, so that every class keeps its weight.
   */
  onBadImage?: BadImagePolicy;
  /**
   * Reads and decodes every image before training, so that a bad one is met then, and warns of duplicates, of leakage
   * from train to val and of EXIF rotation. Files that have not changed since are not read again. Default true.
   */
  preflight?: boolean;
  limits?: Partial<ImageLimits>;
  /** `apply` turns photos as their EXIF orientation says. Default `ignore`, as torchvision does. */
  exif?: ExifPolicy;
  /**
   * `scaled` lets the JPEG decoder halve large photos, once or more, where the first transform shrinks them by at least
   * as much: quicker, other pixels. Default `exact`.
   */
  decode?: DecodeForm;
  /** Resizes to the bytes of torchvision's PIL path (`pillow`, default) or of its uint8 tensor path (`tensor`). */
  resize?: ResizeArithmetic;
  /**
   * `decoded`: memory per phase for decoded images, which later epochs then need not decode again; bytes, or a text
   * such as `'512MB'`. Default 0: none is kept.
   */
  cache?: { decoded?: ByteSize };
  /**
   * MixUp and CutMix on training batches, as in torchvision's reference scripts; with both alphas above 0, one of the
   * two per batch. The training accuracy then counts the class with the larger share as the right one. Default: none.
   */
  mix?: BatchMix;
}

/** A published file's name (downloaded into the cache where it is missing), a file, or null for random weights. */
export type WeightsChoice = WeightsName | { file: string } | null;

export interface ModelConfig {
  /** Default `resnet18`. */
  arch?: Architecture;
  /** Default `IMAGENET1K_V1`. */
  weights?: WeightsChoice;
  /**
   * Takes only the weights whose names begin with it, as `backbone.`, and takes it off. Default null: all, less the
   * `module.` of DataParallel.
   */
  weightsPrefix?: string | null;
  /** `fast` (default) or PyTorch's plain kernels, `strided`; the last bits of the numbers differ. */
  layout?: Layout;
  /**
   * BatchNorm of the frozen backbone in mode `extractor`: `tutorial` (default) normalises by the batch and lets the
   * running statistics drift, as PyTorch's tutorial does; `eval` keeps them.
   */
  frozenBatchNorm?: 'tutorial' | 'eval';
}

export interface OptimizerConfig {
  type?: 'sgd';
  /** Default 1e-3. */
  lr?: number;
  /** Default 0.9. */
  momentum?: number;
  /** Default 0. */
  dampening?: number;
  /** Default 0. */
  weightDecay?: number;
  /** Default false; needs momentum > 0 and dampening 0. */
  nesterov?: boolean;
}

export interface LossConfig {
  /**
   * Share of each label that is spread over all classes, 0..1, in both phases, as torch.nn.CrossEntropyLoss's
   * `label_smoothing`. Default 0.
   */
  labelSmoothing?: number;
  /**
   * What a loss that becomes NaN or infinite does to the run: `stop` (default) ends it with LOSS_NOT_FINITE; `rollback`
   * goes back to the start of the epoch, lowers the learning rate for the rest of the run, and trains on.
   */
  onBadLoss?: BadLossPolicy;
  rollback?: {
    /** Factor on the learning rate at each rollback, > 0 and < 1. Default 0.1. */
    lrFactor?: number;
    /** How often a run may roll back, 1..100, before it stops with LOSS_NOT_FINITE. Default 3. */
    max?: number;
  };
}

export interface SchedulerConfig {
  type?: 'step';
  /** Epochs between two reductions. Default 7. */
  stepSize?: number;
  /** Factor on the learning rate at each reduction. Default 0.1. */
  gamma?: number;
}

/** When checkpoints are written into the folder `output`, and which are kept. 0 turns one of the periods off. */
export interface CheckpointConfig {
  /** After so many epochs. Default 0. */
  everyEpochs?: number;
  /** After so many training steps of the whole run. Default 0. */
  everySteps?: number;
  /** After the step that ends so many seconds, of training or validation. Default 600. */
  everySeconds?: number;
  /** How many are kept, the newest; >= 1, default 2, so that a damaged one has another behind it. */
  keepLast?: number;
  /** Whether the best weights are also written as `best.pth`. Default true. */
  keepBest?: boolean;
}

/**
 * What a run does: the same plain object in TypeScript, in a config file and in a run's `config.json`. Defaults are
 * those of PyTorch's transfer-learning tutorial.
 */
export interface TrainerConfig {
  /** Version of this form. Default 1, the only one. */
  version?: 1;
  /** Default `finetune`. */
  mode?: Mode;
  data: DataConfig;
  model?: ModelConfig;
  /** Cross-entropy. */
  loss?: LossConfig;
  optimizer?: OptimizerConfig;
  /** Null keeps the learning rate constant. */
  scheduler?: SchedulerConfig | null;
  /** Default 25. */
  epochs?: number;
  /** `auto` (default: the first CUDA device when there is one), `cpu`, `cuda` or `cuda:<index>`. */
  device?: string;
  /**
   * What the model computes in: `fp32` (default), `tf32` (CUDA), `bf16` or `fp16` (autocast; `fp16` with loss scaling), or
   * `auto`: `bf16` where the device has units for it, otherwise `fp32`.
   */
  precision?: PrecisionChoice;
  /** The same bits in each run on CUDA, too, at the cost of speed; the CPU always gives them. Default false. */
  deterministic?: boolean;
  /**
   * Records a training step on the CUDA device as a CUDA graph and replays it with one call from then on; refused on the
   * CPU. Default false.
   */
  cudaGraph?: boolean;
  /** CPU threads of LibTorch, process-wide. Default `auto`: what the system grants. */
  threads?: number | 'auto';
  /**
   * Where memory runs out, computes each batch in parts of half as many images, down to two, and sums their gradients; a
   * `warning` event says so, since BatchNorm then sees the smaller parts. Default false: `OUT_OF_MEMORY`.
   */
  autoBatch?: boolean;
  /** Draws the head's weights, the order, the augmentation and the split. 0..2^53 - 1, default 0. */
  seed?: number;
  checkpoint?: CheckpointConfig;
  /**
   * Seconds, or a text such as `'90m'` or `'3h'`, after which a fit stops behind its current step with a checkpoint and
   * the result `timeLimit`; preparation counts. At most 24 days. Default null: none.
   */
  timeLimit?: Duration | null;
  /** The run's folder. Default null: no file is written. */
  output?: string | null;
  /** Replaces a run that the folder already holds. Default false. */
  overwrite?: boolean;
}

/** A TrainerConfig with every default filled in and every path absolute. It is itself a valid TrainerConfig. */
export interface ResolvedConfig {
  version: 1;
  mode: Mode;
  data: {
    train: Source;
    val: Source;
    imageSize: number | null;
    transforms: { train: Transform[]; val: Transform[] };
    batchSize: number;
    workers: number;
    dropLast: boolean;
    onBadImage: BadImagePolicy;
    preflight: boolean;
    limits: ImageLimits;
    exif: ExifPolicy;
    decode: DecodeForm;
    resize: ResizeArithmetic;
    cache: { decoded: number };
    mix: Required<BatchMix>;
  };
  model: Required<ModelConfig>;
  loss: Required<LossConfig> & { rollback: Required<NonNullable<LossConfig['rollback']>> };
  optimizer: Required<OptimizerConfig>;
  scheduler: Required<SchedulerConfig> | null;
  epochs: number;
  device: string;
  precision: PrecisionChoice;
  deterministic: boolean;
  cudaGraph: boolean;
  threads: number | 'auto';
  autoBatch: boolean;
  seed: number;
  checkpoint: Required<CheckpointConfig>;
  /** Seconds. */
  timeLimit: number | null;
  output: string | null;
  overwrite: boolean;
}
