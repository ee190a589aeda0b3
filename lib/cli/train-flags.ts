import { DEFAULT_PRECISION, PRECISIONS } from '../config/precisions';
import { type DatasetName, PUBLISHED_DATASETS } from '../data/dataset-catalogue';
import { ARCHITECTURES, DEFAULT_ARCHITECTURE } from '../model/architecture';
import { COMMON_FLAGS, type CommandHelp, type FlagTable, type FlagValues } from './flags';

const DATASETS = Object.keys(PUBLISHED_DATASETS) as DatasetName[];

/** Every flag of `torchwing train`, in the order of the help. */
export const TRAIN_FLAGS = {
  data: {
    kind: 'text',
    value: 'DIR',
    help: 'folder with train/ and val/, each with one folder of photos per class; or, with --val-split, one folder of class folders',
  },
  dataset: {
    kind: 'choice',
    choices: DATASETS,
    help: 'a published data set instead of --data: hymenoptera is the ants and bees of the tutorial, downloaded once into the cache',
  },
  'val-split': {
    kind: 'number',
    above: 0,
    below: 1,
    value: 'SHARE',
    help: 'share of each class of --data that becomes validation data, drawn from the seed',
  },
  weights: {
    kind: 'text',
    value: 'FILE|NAME|none',
    help: 'where to start: a .pth or .safetensors file, a published name, or none for random weights',
    fallback: 'IMAGENET1K_V1, taken from the cache of PyTorch or of torchwing, or else downloaded',
  },
  arch: {
    kind: 'choice',
    choices: ARCHITECTURES,
    help: 'which ResNet to train',
    fallback: DEFAULT_ARCHITECTURE,
  },
  'weights-prefix': {
    kind: 'text',
    value: 'PREFIX',
    help: 'take only the weights whose names begin so, and take it off, as backbone. in backbone.conv1.weight',
  },
  mode: {
    kind: 'choice',
    choices: ['finetune', 'extractor'],
    help: 'train every layer, or only a new head on a frozen backbone',
    fallback: 'finetune',
  },
  epochs: { kind: 'integer', minimum: 1, help: 'passes over the training data', fallback: '25' },
  'batch-size': { kind: 'integer', minimum: 1, maximum: 65_536, help: 'images per step', fallback: '4' },
  'auto-batch': {
    kind: 'boolean',
    help: 'where memory runs out, compute each batch in parts of half as many images, down to two, and sum their gradients',
  },
  lr: { kind: 'number', above: 0, help: 'learning rate of SGD', fallback: '0.001' },
  momentum: { kind: 'number', minimum: 0, help: 'momentum of SGD', fallback: '0.9' },
  'weight-decay': { kind: 'number', minimum: 0, help: 'weight decay of SGD', fallback: '0' },
  'step-size': {
    kind: 'integer',
    minimum: 1,
    help: 'epochs between two reductions of the learning rate',
    fallback: '7',
  },
  gamma: { kind: 'number', above: 0, help: 'factor of each reduction', fallback: '0.1' },
  'label-smoothing': {
    kind: 'number',
    minimum: 0,
    maximum: 1,
    help: 'share of each label that the loss spreads over all classes',
    fallback: '0',
  },
  'on-bad-loss': {
    kind: 'choice',
    choices: ['stop', 'rollback'],
    help: 'stop when the loss becomes NaN or infinite, or go back to the start of the epoch and on with a lower learning rate',
    fallback: 'stop',
  },
  'rollback-lr-factor': {
    kind: 'number',
    above: 0,
    below: 1,
    value: 'FACTOR',
    help: 'factor on the learning rate at each rollback',
    fallback: '0.1',
  },
  'max-rollbacks': {
    kind: 'integer',
    minimum: 1,
    maximum: 100,
    help: 'rollbacks of a run before it stops after all',
    fallback: '3',
  },
  'mixup-alpha': {
    kind: 'number',
    minimum: 0,
    help: 'MixUp of the training batches, lambda drawn from Beta(X, X); with --cutmix-alpha, one of the two per batch',
    fallback: '0, none',
  },
  'cutmix-alpha': {
    kind: 'number',
    minimum: 0,
    help: 'CutMix of the training batches, in the same way',
    fallback: '0, none',
  },
  'image-size': {
    kind: 'integer',
    minimum: 16,
    maximum: 4096,
    value: 'PIXELS',
    help: 'side of the images that the model sees; the transforms scale with it',
    fallback: '224',
  },
  workers: {
    kind: 'integer',
    minimum: 1,
    maximum: 256,
    help: 'threads that decode images',
    fallback: '4, but no more than the cores',
  },
  threads: {
    kind: 'integer',
    minimum: 1,
    maximum: 1024,
    also: ['auto'],
    value: 'N|auto',
    help: 'CPU threads of LibTorch',
    fallback: 'auto, what the system grants',
  },
  device: {
    kind: 'text',
    value: 'auto|cpu|cuda[:N]',
    help: 'where to train',
    fallback: 'auto, the first CUDA device when there is one',
  },
  precision: {
    kind: 'choice',
    choices: PRECISIONS,
    help: 'what the model computes in; auto is bf16 where the device has units for it, otherwise fp32',
    fallback: DEFAULT_PRECISION,
  },
  deterministic: {
    kind: 'boolean',
    help: 'the same bits in each run on a CUDA device, too; slower',
  },
  'cuda-graph': {
    kind: 'boolean',
    help: 'record a training step on the CUDA device once, and replay it with one call from then on',
  },
  layout: {
    kind: 'choice',
    choices: ['fast', 'strided'],
    help: 'let the model choose its memory layouts, or keep the plain kernels of PyTorch',
    fallback: 'fast',
  },
  seed: {
    kind: 'integer',
    minimum: 0,
    help: 'draws new weights, order, augmentation and --val-split; the same seed gives the same run',
    fallback: '0',
  },
  exif: {
    kind: 'choice',
    choices: ['ignore', 'apply'],
    help: 'turn photos as their EXIF orientation says; torchvision does not',
    fallback: 'ignore',
  },
  decode: {
    kind: 'choice',
    choices: ['exact', 'scaled'],
    help: 'the pixels of Pillow, or large JPEG photos decoded at half their size or less where they are shrunk anyway: faster',
    fallback: 'exact',
  },
  resize: {
    kind: 'choice',
    choices: ['pillow', 'tensor'],
    help: 'the bytes that torchvision gives for PIL images, or for uint8 tensors',
    fallback: 'pillow',
  },
  'cache-decoded': {
    kind: 'text',
    value: 'SIZE',
    help: 'memory per phase for decoded images, such as 512MB, which later epochs need not decode again',
    fallback: 'none',
  },
  'on-bad-image': {
    kind: 'choice',
    choices: ['error', 'skip', 'replace'],
    help: 'stop at an image that cannot be decoded, leave it out, or take the next good one of its class instead',
    fallback: 'error',
  },
  'no-preflight': {
    kind: 'boolean',
    help: 'start without reading every image first; a bad one is then met in the middle of an epoch',
  },
  'drop-last': { kind: 'boolean', help: 'leave out a last training batch that is not full' },
  output: {
    kind: 'text',
    value: 'DIR',
    help: 'folder for config.json, metrics.jsonl, best.pth, last.pth and checkpoints',
    fallback: 'runs/<time>-<mode>',
  },
  'checkpoint-every-epochs': {
    kind: 'integer',
    minimum: 0,
    help: 'epochs from one checkpoint to the next, from which --resume goes on; 0 for none',
    fallback: '0',
  },
  'checkpoint-every-steps': {
    kind: 'integer',
    minimum: 0,
    help: 'the same in training steps',
    fallback: '0',
  },
  'checkpoint-every-seconds': {
    kind: 'integer',
    minimum: 0,
    maximum: 2_000_000,
    help: 'the same in seconds',
    fallback: '600',
  },
  'checkpoint-keep-last': {
    kind: 'integer',
    minimum: 1,
    help: 'checkpoints that are kept, the newest ones',
    fallback: '2',
  },
  'no-checkpoint-keep-best': {
    kind: 'boolean',
    help: 'write no best.pth beside last.pth; checkpoints hold the best weights all the same',
  },
  'time-limit': {
    kind: 'text',
    value: 'DURATION',
    help: 'stop after this time with a checkpoint, for example 90m or 3h',
  },
  resume: {
    kind: 'text',
    value: 'auto|FILE',
    help: 'go on at the very step: from the newest good checkpoint in --output, or from the start when there is none yet; or from a checkpoint file',
  },
  'resume-anyway': {
    kind: 'boolean',
    help: 'go on also when the settings or the data are no longer those of the checkpoint',
  },
  overwrite: { kind: 'boolean', help: 'replace a run that the folder holds' },
  config: {
    kind: 'text',
    value: 'FILE',
    help: 'configuration file (.json, .js, .mjs), for example config.json of an earlier run; flags win over it',
  },
  json: { kind: 'boolean', help: 'print events as JSON, one per line, and nothing else' },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

export type TrainFlags = FlagValues<typeof TRAIN_FLAGS>;

export const TRAIN_HELP: CommandHelp<typeof TRAIN_FLAGS> = {
  name: 'train',
  summary: 'Fine-tune a ResNet on a folder of photos.',
  usage: 'train --data DIR|--dataset NAME [flags]',
  flags: TRAIN_FLAGS,
  examples: [
    'torchwing train --data ./photos',
    'torchwing train --dataset hymenoptera',
    'torchwing train --data ./photos --mode extractor --epochs 10 --output runs/quick',
    'torchwing train --data ./photos --arch resnet50 --weights resnet50.pth',
    'torchwing train --data ./classes --val-split 0.2 --weights none --image-size 64',
    'torchwing train --config runs/quick/config.json',
    'torchwing train --resume auto --output runs/quick',
  ],
};
