import { TorchwingError } from '../native/errors';
import type { Architecture, Layout, Precision } from '../native/types';
import { architectureOf } from './architecture';
import { ResNet } from './resnet';
import { StateDict } from './state-dict';

/** Classes of ImageNet, whose head any other data set replaces. */
const IMAGENET_CLASSES = 1000;

export interface PrepareModelOptions {
  arch: Architecture;
  /** A `.pth` or safetensors file, or null for random weights. */
  weights: string | null;
  /** See `StateDict.read`. */
  weightsPrefix: string | null;
  /** Class names of the data. */
  classes: readonly string[];
  /** Draws a new head, or all weights. */
  seed: number;
  layout: Layout;
  /** Default `fp32`. */
  precision?: Precision;
  /** Told what the user should know about the weights; not a failure. */
  warn: (warning: { code: string; message: string; hint?: string }) => void;
}

/**
 * A ResNet for the given classes, on the CPU. An ImageNet head is replaced by a new one; a head of the right width
 * is kept; any other does not fit.
 * @throws TorchwingError WEIGHTS_* for what is wrong with the file
 */
export async function prepareModel(options: PrepareModelOptions): Promise<ResNet> {
  const { arch, classes, seed, layout, precision = 'fp32' } = options;
  const form = { arch, seed, layout, precision };
  if (options.weights === null) return ResNet.create({ ...form, classes: classes.length });
  const state = await StateDict.read(options.weights, { prefix: options.weightsPrefix ?? '' });
  let model: ResNet | null = null;
  try {
    for (const message of state.notes) options.warn({ code: 'WEIGHTS_NOTE', message });
    const width = headWidth(state) === IMAGENET_CLASSES ? IMAGENET_CLASSES : classes.length;
    model = await ResNet.create({ ...form, classes: width });
    await loadInto(model, state, options);
    if (width === classes.length) {
      warnOfOtherNames(options, state);
    } else {
      await model.replaceHead(classes.length, seed);
      options.warn({
        code: 'HEAD_REPLACED',
        message: `The ${width}-class head of the weights was replaced by a new one for ${classes.length} classes.`,
      });
    }
    return model;
  } catch (error) {
    model?.dispose();
    throw error;
  } finally {
    state.dispose();
  }
}

/** Classes that a state dict's `fc` layer tells apart; null without such a layer (loading then lists what is missing). */
export function headWidth(state: StateDict): number | null {
  return state.entries.find(({ name }) => name === 'fc.weight')?.shape[0] ?? null;
}

/** Strictly, with the file and the data's classes in the failure. */
async function loadInto(model: ResNet, state: StateDict, options: PrepareModelOptions): Promise<void> {
  try {
    await model.loadStateDict(state);
  } catch (error) {
    if (!(error instanceof TorchwingError) || error.code !== 'WEIGHTS_MISMATCH') throw error;
    const message = error.message.replace('The weights do', `The weights "${options.weights}" do`);
    const found = architectureOf(state.entries);
    if (found !== null && found !== options.arch) {
      throw new TorchwingError(error.code, message, {
        hint: `They are those of a ${found}: set model.arch to "${found}" (--arch ${found}), or use weights of a ${options.arch}.`,
        cause: error,
      });
    }
    const names = options.classes.map((name) => `"${name}"`).join(', ');
    throw new TorchwingError(error.code, message, {
      hint: `Check the architecture. A head of ${IMAGENET_CLASSES} classes (ImageNet's) is replaced; any other must have the data's ${options.classes.length}: ${names}.`,
      cause: error,
    });
  }
}

/** A kept head predicts by position: when the file says other names for the same positions, the user should know. */
function warnOfOtherNames(options: PrepareModelOptions, state: StateDict): void {
  const names = classesInRecord(state.record);
  if (names === null || names.join('\n') === options.classes.join('\n')) return;
  options.warn({
    code: 'HEAD_CLASSES_DIFFER',
    message: `The head of the weights was kept, but it was trained for ${names.join(', ')}, not for ${options.classes.join(', ')}.`,
  });
}

function classesInRecord(record: string | null): string[] | null {
  try {
    const classes: unknown = record === null ? null : JSON.parse(record).classes;
    return Array.isArray(classes) ? classes.map(String) : null;
  } catch {
    // The names only serve a warning here; Predictor.load refuses a broken record.
    return null;
  }
}
