import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listImages } from '../../lib/cli/list-images';
import { type ImageResult, predictEach } from '../../lib/cli/predict-each';
import { predictionTable } from '../../lib/cli/prediction-table';
import { TorchwingError } from '../../lib/native/errors';
import type { Prediction } from '../../lib/predictor/types';

const bee: Prediction = { label: 'bees', index: 1, probability: 0.9876 };
const ant: Prediction = { label: 'ants', index: 0, probability: 0.0124 };

describe('listImages', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'torchwing-images-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('takes files as they are and the images of a folder by name, in the order of the places', async () => {
    for (const name of ['b.jpg', 'a.PNG', 'notes.txt', 'no-extension']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'inner.jpg'));
    const odd = join(folder, 'no-extension');
    await expect(listImages([odd, folder])).resolves.toEqual([
      odd,
      join(folder, 'a.PNG'),
      join(folder, 'b.jpg'),
    ]);
  });

  test('names a place that does not exist, and a folder without images', async () => {
    await expect(listImages([join(folder, 'gone.jpg')])).rejects.toMatchObject({
      code: 'IMAGE_READ',
      message: `The image "${join(folder, 'gone.jpg')}" does not exist.`,
    });
    await expect(listImages([folder])).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
  });
});

describe('predictEach', () => {
  const broken = new TorchwingError('IMAGE_DECODE', 'broken.jpg is cut short');

  async function run(
    images: string[],
    batchSize: number,
  ): Promise<{ results: ImageResult[]; calls: string[][] }> {
    const calls: string[][] = [];
    const predictor = {
      predict: async (batch: readonly unknown[]) => {
        calls.push(batch as string[]);
        if (batch.includes('broken.jpg')) throw broken;
        if (batch.includes('lost')) throw new TorchwingError('OUT_OF_MEMORY', 'no room');
        return batch.map(() => [bee]);
      },
    };
    const results: ImageResult[] = [];
    for await (const batch of predictEach(predictor, images, { topK: 1, batchSize })) results.push(...batch);
    return { results, calls };
  }

  test('goes in batches of the asked size', async () => {
    const { calls } = await run(['1', '2', '3'], 2);
    expect(calls).toEqual([['1', '2'], ['3']]);
  });

  test('lets a broken image cost only its own line', async () => {
    const { results } = await run(['1', 'broken.jpg', '3'], 8);
    expect(results).toEqual([
      { image: '1', predictions: [bee], error: null },
      { image: 'broken.jpg', predictions: [], error: broken },
      { image: '3', predictions: [bee], error: null },
    ]);
  });

  test('passes on what is not the fault of an image', async () => {
    await expect(run(['1', 'lost'], 8)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
  });
});

test('predictionTable lines up names and probabilities', () => {
  const rows: ImageResult[] = [
    { image: 'a.jpg', predictions: [bee, ant], error: null },
    {
      image: 'longer.jpg',
      predictions: [
        { ...ant, probability: 1 },
        { ...bee, probability: 0 },
      ],
      error: null,
    },
  ];
  expect(predictionTable(rows)).toBe(
    'a.jpg       bees  98.8 %  ants   1.2 %\nlonger.jpg  ants 100.0 %  bees   0.0 %\n',
  );
});
