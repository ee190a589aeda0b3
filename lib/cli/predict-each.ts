import { TorchwingError } from '../native/errors';
import type { Predictor } from '../predictor/predictor';
import type { Prediction } from '../predictor/types';

/** What came out for one image: predictions, or why there are none. */
export interface ImageResult {
  image: string;
  predictions: readonly Prediction[];
  error: TorchwingError | null;
}

export interface PredictEachOptions {
  topK: number;
  batchSize: number;
  signal?: AbortSignal;
}

/** Predicts batch by batch. An image that cannot be read does not cost the others of its batch theirs. */
export async function* predictEach(
  predictor: Pick<Predictor, 'predict'>,
  images: readonly string[],
  options: PredictEachOptions,
): AsyncGenerator<ImageResult[]> {
  for (let at = 0; at < images.length; at += options.batchSize) {
    const batch = images.slice(at, at + options.batchSize);
    try {
      const rows = await predictor.predict(batch, options);
      yield batch.map((image, row) => ({ image, predictions: rows[row] ?? [], error: null }));
    } catch (error) {
      if (!isImageError(error)) throw error;
      yield await oneByOne(predictor, batch, options);
    }
  }
}

async function oneByOne(
  predictor: Pick<Predictor, 'predict'>,
  images: readonly string[],
  options: PredictEachOptions,
): Promise<ImageResult[]> {
  const results: ImageResult[] = [];
  for (const image of images) {
    try {
      const [predictions = []] = await predictor.predict([image], options);
      results.push({ image, predictions, error: null });
    } catch (error) {
      if (!isImageError(error)) throw error;
      results.push({ image, predictions: [], error });
    }
  }
  return results;
}

function isImageError(error: unknown): error is TorchwingError {
  return error instanceof TorchwingError && error.code.startsWith('IMAGE_');
}
