export { defineConfig } from './config/define';
export { configJsonSchema } from './config/json-schema';
export { loadConfigFile } from './config/load-file';
export { resolveConfig } from './config/resolve';
export type {
  BadImagePolicy,
  CheckpointConfig,
  DataConfig,
  ListedImage,
  LossConfig,
  Mode,
  ModelConfig,
  OptimizerConfig,
  PrecisionChoice,
  ResolvedConfig,
  SchedulerConfig,
  Source,
  TrainerConfig,
  WeightsChoice,
} from './config/types';
export { type CudaStatus, cuda } from './cuda';
export { type BatchMix, type MixBatchOptions, mixBatch } from './data/batch-mix';
export { type DatasetName, PUBLISHED_DATASETS, type PublishedDataset } from './data/dataset-catalogue';
export {
  type FolderImage,
  IMAGE_EXTENSIONS,
  type ImageFolder,
  scanImageFolder,
} from './data/image-folder';
export { type Batch, ImageLoader, type ImageLoaderOptions, type Sample } from './data/image-loader';
export type { ImageLimits } from './data/loader-defaults';
export * as transforms from './data/transforms';
export { IMAGENET, type Transform } from './data/transforms';
export type { DownloadProgress } from './download/types';
export type { ExportFormat } from './export/export-formats';
export { type Exported, type ExportOptions, exportWeights } from './export/export-weights';
export { ARCHITECTURES } from './model/architecture';
export { crossEntropy } from './model/cross-entropy';
export { type IncompatibleKeys, ResNet, type ResNetOptions } from './model/resnet';
export { ResNet18, type ResNet18Options } from './model/resnet18';
export { StateDict, type StateDictEntry } from './model/state-dict';
export { PUBLISHED_WEIGHTS, type PublishedWeights, type WeightsName } from './model/weights-catalogue';
export { weightsSha256 } from './model/weights-hash';
export { type ErrorCode, TorchwingError } from './native/errors';
export type {
  Architecture,
  DeviceMemory,
  DType,
  Layout,
  MemoryDetails,
  Phase,
  Precision,
  WeightFormat,
} from './native/types';
export { SGD, type SGDOptions, type SGDParamGroup, type SGDStateDict } from './optim/sgd';
export { StepLR, type StepLROptions, type StepLRState } from './optim/step-lr';
export {
  loadTorchCheckpoint,
  saveTorchCheckpoint,
  type TorchCheckpointParts,
} from './optim/torch-checkpoint';
export { Predictor } from './predictor/predictor';
export type { ImageInput, Prediction, PredictOptions, PredictorOptions } from './predictor/types';
export { Tensor, type TensorData } from './tensor';
export type {
  CheckpointEvent,
  EndEvent,
  EpochEndEvent,
  PhaseEndEvent,
  PhaseMemory,
  PhaseMetrics,
  ProgressEvent,
  StageCosts,
  StartEvent,
  TrainerEvent,
  WarningEvent,
} from './trainer/events';
export type { PreflightProgress } from './trainer/preflight';
export { serializeEvent } from './trainer/serialize-event';
export { Trainer } from './trainer/trainer';
export {
  type PhaseCounts,
  type PhasePosition,
  type PhaseResult,
  type Progress,
  type RunEpochOptions,
  TrainingSession,
} from './trainer/training-session';
export type { EpochSummary, FitOptions, FitResult, ResumeOption } from './trainer/types';
export { type Version, version } from './version';
