import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ResNet18, StateDict, Trainer, weightsSha256 } from 'torchwing';
import { tutorial } from '../../examples/tutorial';
import { drawPhotos } from './draw-photos';

const EPOCHS = 2;
const SEED = 11;
const IMAGE_SIZE = 64;

let dir = '';
let weights = '';

beforeAll(async () => {
  dir = drawPhotos({ train: 5, val: 3 });
  weights = join(dir, 'imagenet.pth');
  const model = await ResNet18.create({ classes: 1000, seed: 1 });
  const state = await model.stateDict();
  await state.save(weights);
  state.dispose();
  model.dispose();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test.each(['finetune', 'extractor'] as const)(
  '%s: the tutorial written by hand and Trainer end with the same weights, bit for bit',
  async (mode) => {
    const lines: string[] = [];
    const byHand = await tutorial(
      { dir, weights, mode, epochs: EPOCHS, imageSize: IMAGE_SIZE, seed: SEED },
      (line) => void lines.push(line),
    );

    const trainer = new Trainer({
      mode,
      data: { dir, imageSize: IMAGE_SIZE },
      model: { weights: { file: weights } },
      epochs: EPOCHS,
      seed: SEED,
    });
    const result = await trainer.fit();
    const saved = join(dir, `${mode}.pth`);
    await trainer.save(saved);
    const byTrainer = await StateDict.read(saved);

    // A best epoch, so that the weights compared are trained ones.
    expect(result.best).not.toBeNull();
    expect(lines).toContain(`Best val Acc: ${result.best?.accuracy.toFixed(4)}`);
    for (const { train, val } of result.history) {
      expect(lines).toContain(`train Loss: ${train.loss.toFixed(4)} Acc: ${train.accuracy.toFixed(4)}`);
      expect(lines).toContain(`val Loss: ${val.loss.toFixed(4)} Acc: ${val.accuracy.toFixed(4)}`);
    }
    expect(await weightsSha256(byTrainer)).toBe(await weightsSha256(byHand));

    byTrainer.dispose();
    byHand.dispose();
    trainer.dispose();
  },
);
