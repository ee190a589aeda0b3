import { join, resolve } from 'node:path';
import { defaultWorkers } from '../data/loader-defaults';
import { outputSize } from '../data/output-size';
import { TorchwingError } from '../native/errors';
import { trainTransforms, valTransforms } from './default-transforms';
import { parseConfig } from './parse';
import { invalidValue } from './problems';
import type { ParsedConfig } from './schema';
import type { ResolvedConfig, Source } from './types';

/** Image side of the tutorial's transforms, in pixels. */
const DEFAULT_IMAGE_SIZE = 224;

/**
 * Checks a configuration and fills in every default, without touching the file system or anything native.
 * @param options.baseDir folder that relative paths start from; default: the working directory
 * @throws TorchwingError INVALID_CONFIG
 */
export function resolveConfig(input: unknown, options: { baseDir?: string } = {}): ResolvedConfig {
  const config = parseConfig(input);
  const absolute = (path: string) => resolve(options.baseDir ?? process.cwd(), path);
  const { weights } = config.model;
  return {
    ...config,
    data: {
      ...sources(config.data, absolute),
      ...pipelines(config.data),
      batchSize: config.data.batchSize,
      workers: config.data.workers ?? defaultWorkers(),
      dropLast: config.data.dropLast,
      onBadImage: config.data.onBadImage,
      preflight: config.data.preflight,
      limits: config.data.limits,
      exif: config.data.exif,
      decode: config.data.decode,
      resize: config.data.resize,
      cache: config.data.cache,
      mix: config.data.mix,
    },
    model: {
      ...config.model,
      weights: typeof weights === 'object' && weights !== null ? { file: absolute(weights.file) } : weights,
    },
    output: config.output === null ? null : absolute(config.output),
  };
}

type ParsedData = ParsedConfig['data'];

function sources(data: ParsedData, absolute: (path: string) => string): { train: Source; val: Source } {
  const { dataset } = data;
  if (dataset !== undefined) return { train: { dataset, split: 'train' }, val: { dataset, split: 'val' } };
  if (data.dir !== undefined) {
    const dir = absolute(data.dir);
    const { valSplit } = data;
    return valSplit === undefined
      ? { train: { dir: join(dir, 'train') }, val: { dir: join(dir, 'val') } }
      : { train: { dir, split: 'train', valSplit }, val: { dir, split: 'val', valSplit } };
  }
  const place = (source: Source): Source => {
    if ('dataset' in source) return source;
    return 'list' in source
      ? { list: source.list.map(({ path, label }) => ({ path: absolute(path), label })) }
      : { ...source, dir: absolute(source.dir) };
  };
  // The schema refuses data without `dir` or `dataset` that lacks one of the two.
  return { train: place(data.train as Source), val: place(data.val as Source) };
}

function pipelines(data: ParsedData): Pick<ResolvedConfig['data'], 'imageSize' | 'transforms'> {
  const given = data.transforms;
  const sizes = [given.train, given.val].flatMap((steps) => (steps === undefined ? [] : [outputSize(steps)]));
  const size = data.imageSize ?? DEFAULT_IMAGE_SIZE;
  const agrees = (side: number) => sizes.every((found) => found?.[0] === side && found[1] === side);
  if (typeof data.imageSize === 'number' && !agrees(data.imageSize)) {
    const found = sizes.map((pair) => (pair ?? []).join(' x ')).join(' and ');
    throw new TorchwingError(
      'INVALID_CONFIG',
      invalidValue(
        'data.imageSize',
        data.imageSize,
        `the size that data.transforms give (${found}), or no data.transforms`,
      ),
    );
  }
  return {
    imageSize: agrees(size) ? size : null,
    transforms: { train: given.train ?? trainTransforms(size), val: given.val ?? valTransforms(size) },
  };
}
