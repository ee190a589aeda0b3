import { stat } from 'node:fs/promises';
import { outputSize } from '../data/output-size';
import type { Transform } from '../data/transforms';
import { writeFileAtomic } from '../files/atomic-file';
import { headWidth } from '../model/prepare-model';
import { ResNet } from '../model/resnet';
import { StateDict } from '../model/state-dict';
import { TorchwingError } from '../native/errors';
import type { Architecture } from '../native/types';
import { architectureIn, recordTransforms } from '../predictor/load-classifier';
import type { ReadableRecord } from '../trainer/record-schema';
import { readRecord } from '../trainer/run-record';
import { version } from '../version';
import { type ExportFormat, exportFormatOf } from './export-formats';
import type { Weight, Weights } from './onnx-graph';

export interface ExportOptions {
  /** Default: by the ending of `output`, `.onnx` or `.safetensors`; `pth` for any other. */
  format?: ExportFormat | undefined;
  /** ONNX only: each BatchNorm becomes part of the convolution before it. Default false. */
  foldBatchNorm?: boolean | undefined;
  /** Keeps only the tensors whose names begin with it, and takes it off; see `StateDict.read`. */
  weightsPrefix?: string | undefined;
}

export interface Exported {
  path: string;
  format: ExportFormat;
  /** Bytes of the file. */
  bytes: number;
  /** Class names by position; null for a file without a record. */
  classes: string[] | null;
  /** Remarks on what was read: a converted dtype, a prefix that was taken off. */
  notes: string[];
  /** What the ONNX graph computes; null for other formats. */
  onnx: {
    arch: Architecture;
    /** Sizes of input and output; `N` is the batch size, which the caller chooses. */
    input: { name: string; shape: (number | string)[] };
    output: { name: string; shape: (number | string)[] };
    /** The steps from a photo to the input. */
    transforms: Transform[];
  } | null;
}

/**
 * Writes a weight file in another format: `onnx` is the model itself, to be run without torchwing; `safetensors` and
 * `pth` hold the same tensors under the same names, bit for bit, with the record. Atomic; a file that is there is
 * replaced.
 * @param file a weight file of any kind that `StateDict.read` takes
 * @throws TorchwingError WEIGHTS_* for the file; for ONNX also WEIGHTS_MISMATCH when the tensors are not those of a
 *   torchvision ResNet; INVALID_ARGUMENT; OUTPUT_WRITE
 */
export async function exportWeights(
  file: string,
  output: string,
  options: ExportOptions = {},
): Promise<Exported> {
  const format = options.format ?? exportFormatOf(output) ?? 'pth';
  if (options.foldBatchNorm === true && format !== 'onnx') {
    throw new TorchwingError(
      'INVALID_ARGUMENT',
      `Invalid value for "foldBatchNorm": received true, expected false for the format ${format}.`,
    );
  }
  const state = await StateDict.read(file, { prefix: options.weightsPrefix ?? '' });
  try {
    const record = state.record === null ? null : readRecord(state.record, file);
    let onnx: Exported['onnx'] = null;
    if (format === 'onnx') onnx = await writeOnnx(state, record, file, output, options);
    else await state.save(output, state.record ?? '', { format });
    return {
      path: output,
      format,
      bytes: (await stat(output)).size,
      classes: record === null ? null : [...record.classes],
      notes: state.notes,
      onnx,
    };
  } finally {
    state.dispose();
  }
}

async function writeOnnx(
  state: StateDict,
  record: ReadableRecord | null,
  file: string,
  output: string,
  options: ExportOptions,
): Promise<Exported['onnx']> {
  const arch = architectureIn(state, record, file);
  const transforms = recordTransforms(record);
  const imageSize = outputSize(transforms);
  if (imageSize === null)
    throw new TorchwingError('WEIGHTS_FORMAT', `The record in "${file}" gives images no one size.`);
  const { weights, classes } = await modelWeights(state, arch);
  // Loaded here for the reason that lib/config/parse.ts gives.
  const { INPUT, OUTPUT, resnetOnnx } = require('./resnet-onnx') as typeof import('./resnet-onnx');
  const bytes = resnetOnnx(weights, {
    arch,
    classes,
    imageSize,
    foldBatchNorm: options.foldBatchNorm === true,
    producerVersion: (await version()).addon,
    metadata: {
      ...(record === null ? {} : { classes: JSON.stringify(record.classes) }),
      transforms: JSON.stringify(transforms),
      ...(state.record === null ? {} : { 'torchwing.json': state.record }),
    },
  });
  try {
    await writeFileAtomic(output, bytes);
  } catch (error) {
    throw new TorchwingError(
      'OUTPUT_WRITE',
      `The file "${output}" cannot be written: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  return {
    arch,
    input: { name: INPUT, shape: ['N', 3, ...imageSize] },
    output: { name: OUTPUT, shape: ['N', classes] },
    transforms,
  };
}

/** The tensors as the model itself has them: all there, of the right shapes, float32 whatever the file had. */
async function modelWeights(
  state: StateDict,
  arch: Architecture,
): Promise<{ weights: Weights; classes: number }> {
  const model = await ResNet.create({ arch, classes: headWidth(state) ?? 1000 });
  let loaded: StateDict | null = null;
  try {
    await model.loadStateDict(state);
    loaded = await model.stateDict();
    const weights = new Map<string, Weight>();
    for (const { name, dtype, shape } of loaded.entries) {
      // Counters of BatchNorm play no part in evaluation.
      if (dtype !== 'float32') continue;
      const tensor = await loaded.tensor(name);
      weights.set(name, { shape, data: (await tensor.data()) as Float32Array });
      tensor.dispose();
    }
    return { weights, classes: model.classes };
  } finally {
    loaded?.dispose();
    model.dispose();
  }
}
