import { valTransforms } from '../config/default-transforms';
import { parseTransforms } from '../config/parse';
import { invalidValue } from '../config/problems';
import { DEFAULT_READING, type ImageReading } from '../data/loader-defaults';
import type { Transform } from '../data/transforms';
import { ARCHITECTURES, architectureOf } from '../model/architecture';
import { headWidth } from '../model/prepare-model';
import { ResNet } from '../model/resnet';
import { StateDict } from '../model/state-dict';
import { TorchwingError } from '../native/errors';
import type { Architecture, Precision } from '../native/types';
import type { ReadableRecord } from '../trainer/record-schema';
import { readRecord } from '../trainer/run-record';
import { TrainingSession } from '../trainer/training-session';
import type { PredictorOptions } from './types';

/** Image side of the tutorial's validation transforms. */
const DEFAULT_IMAGE_SIZE = 224;

/** A model in evaluation mode with what its outputs mean and what its inputs must be. */
export interface Classifier {
  model: ResNet;
  classes: string[];
  transforms: Transform[];
  reading: ImageReading;
  /** What keeps LibTorch's process-wide switch at TF32; null: the settings stay as they are. */
  tf32: TrainingSession | null;
}

/** Where a model computes, and in what. */
export interface Computation {
  device: string;
  precision: Precision;
}

/**
 * Reads a weight file and its record.
 * The architecture is told by the tensors.
 * @throws TorchwingError WEIGHTS_* for the file; INVALID_ARGUMENT when there are no class names, or not as many as the
 *   head has classes; ARITHMETIC_CONFLICT
 */
export async function loadClassifier(
  file: string,
  options: PredictorOptions,
  { device, precision }: Computation,
): Promise<Classifier> {
  const state = await StateDict.read(file, { prefix: options.weightsPrefix ?? '' });
  let model: ResNet | null = null;
  try {
    const record = state.record === null ? null : readRecord(state.record, file);
    const classes = classNames(file, record, options.classes);
    const width = headWidth(state) ?? classes.length;
    if (width !== classes.length) {
      throw new TorchwingError(
        'INVALID_ARGUMENT',
        invalidValue('classes', classes, `${width} names, one per class of "${file}"`),
      );
    }
    const transforms = checkedTransforms(options.transforms) ?? recordTransforms(record);
    const arch = architectureIn(state, record, file);
    model = await ResNet.create({ arch, classes: width, layout: record?.layout ?? 'fast', precision });
    await model.loadStateDict(state);
    await model.to(device);
    await model.eval();
    const tf32 =
      precision === 'tf32' ? await TrainingSession.create({ model, optimizer: null, device }) : null;
    return { model, classes, transforms, reading: record?.reading ?? DEFAULT_READING, tf32 };
  } catch (error) {
    model?.dispose();
    throw error;
  } finally {
    state.dispose();
  }
}

/** The record's word must be what the tensors are; a file without a record is told by its tensors alone. */
export function architectureIn(state: StateDict, record: ReadableRecord | null, file: string): Architecture {
  const found = architectureOf(state.entries);
  if (found !== null && (record === null || record.arch === found)) return found;
  throw new TorchwingError(
    'WEIGHTS_MISMATCH',
    `The weight file "${file}" holds ${found === null ? 'tensors of another model' : `a ${found}`}, expected ${record?.arch ?? `one of ${ARCHITECTURES.join(', ')}`}.`,
  );
}

function classNames(
  file: string,
  record: ReadableRecord | null,
  given: readonly string[] | undefined,
): string[] {
  if (given !== undefined) return [...given];
  if (record !== null) return record.classes;
  throw new TorchwingError(
    'INVALID_ARGUMENT',
    `The weight file "${file}" has no torchwing.json record, so its classes are unknown.`,
    {
      hint: "Give the class names in order: Predictor.load(file, { classes: [...] }), and transforms when they are not the tutorial's at 224 pixels.",
    },
  );
}

function checkedTransforms(given: readonly Transform[] | undefined): Transform[] | null {
  if (given === undefined) return null;
  const parsed = parseTransforms(given);
  if ('transforms' in parsed) return parsed.transforms;
  throw new TorchwingError('INVALID_ARGUMENT', invalidValue('transforms', given, parsed.expected));
}

export function recordTransforms(record: ReadableRecord | null): Transform[] {
  return record?.transforms.val ?? valTransforms(DEFAULT_IMAGE_SIZE);
}
