/**
 * PyTorch's transfer-learning tutorial, its train_model written by hand on torchwing's handles. `Trainer` does the same
 * with more comfort, and ends with the same weights, bit for bit.
 *
 *   node examples/tutorial.ts DATA WEIGHTS [finetune|extractor]      (Node 22.18 or later runs TypeScript as it is)
 *
 * DATA holds train/ and val/, each with one folder per class; WEIGHTS is a 1,000-class ResNet-18 `.pth`.
 */
import { availableParallelism } from 'node:os';
import {
  crossEntropy,
  IMAGENET,
  ImageLoader,
  ResNet18,
  SGD,
  StateDict,
  StepLR,
  scanImageFolder,
  transforms as T,
  type Tensor,
} from 'torchwing';

const PHASES = ['train', 'val'] as const;
type Phase = (typeof PHASES)[number];

export interface TutorialOptions {
  dir: string;
  /** A 1,000-class `.pth`. */
  weights: string;
  mode: 'finetune' | 'extractor';
  epochs?: number;
  imageSize?: number;
  batchSize?: number;
  seed?: number;
}

/** The tutorial's script: data, model, optimizer and schedule, then train_model. Returns the best weights. */
export async function tutorial(options: TutorialOptions, print: (line: string) => void): Promise<StateDict> {
  const { dir, weights, mode, epochs = 25, imageSize = 224, batchSize = 4, seed = 0 } = options;

  const pipelines = {
    train: [T.randomResizedCrop(imageSize), T.randomHorizontalFlip(), T.toTensor(), T.normalize(IMAGENET)],
    val: [
      T.resize(Math.round((imageSize * 256) / 224)),
      T.centerCrop(imageSize),
      T.toTensor(),
      T.normalize(IMAGENET),
    ],
  };
  const folders = { train: await scanImageFolder(`${dir}/train`), val: await scanImageFolder(`${dir}/val`) };
  const makeLoader = (phase: Phase) =>
    ImageLoader.create({
      samples: folders[phase].images,
      transforms: pipelines[phase],
      batchSize,
      workers: Math.min(4, availableParallelism()),
      shuffle: phase === 'train',
      seed,
    });
  const loaders = { train: await makeLoader('train'), val: await makeLoader('val') };

  const model = await ResNet18.create({ classes: 1000, seed });
  const pretrained = await StateDict.read(weights);
  await model.loadStateDict(pretrained);
  await model.replaceHead(folders.train.classes.length, seed);
  await model.setTrainable(mode === 'extractor' ? 'head' : 'all');

  const optimizer = await SGD.create(model, { lr: 1e-3, momentum: 0.9 });
  const scheduler = await StepLR.create(optimizer, { stepSize: 7, gamma: 0.1 });

  try {
    return await trainModel(model, optimizer, scheduler, loaders, epochs, print);
  } finally {
    for (const handle of [pretrained, optimizer, model, loaders.train, loaders.val]) handle.dispose();
  }
}

/** The tutorial's train_model. Leaves the best weights in the model and returns them. */
export async function trainModel(
  model: ResNet18,
  optimizer: SGD,
  scheduler: StepLR,
  loaders: Record<Phase, ImageLoader>,
  epochs: number,
  print: (line: string) => void,
): Promise<StateDict> {
  const since = performance.now();
  let best = await model.stateDict();
  let bestAccuracy = 0;

  for (let epoch = 0; epoch < epochs; epoch++) {
    print(`Epoch ${epoch}/${epochs - 1}`);
    print('-'.repeat(10));

    for (const phase of PHASES) {
      const training = phase === 'train';
      if (training) await model.train();
      else await model.eval();

      let lossSum = 0;
      let correct = 0;
      let count = 0;
      for await (const { images, labels } of loaders[phase].epoch(epoch)) {
        await optimizer.zeroGrad();
        const logits = await model.forward(images, { grad: training });
        const predictions = await logits.argmax(1);
        const loss = await crossEntropy(logits, labels);
        if (training) {
          await loss.backward();
          await optimizer.step();
        }

        const size = images.shape[0] ?? 0;
        lossSum += (await loss.item()) * size;
        correct += await countEqual(predictions, labels);
        count += size;
        // JavaScript's collector knows nothing of the tensors' memory: a step frees what it made.
        for (const tensor of [images, labels, logits, predictions, loss]) tensor.dispose();
      }
      if (training) scheduler.step();

      const accuracy = correct / count;
      print(`${phase} Loss: ${(lossSum / count).toFixed(4)} Acc: ${accuracy.toFixed(4)}`);

      if (phase === 'val' && accuracy > bestAccuracy) {
        bestAccuracy = accuracy;
        best.dispose();
        best = await model.stateDict();
      }
    }
    print('');
  }

  const seconds = (performance.now() - since) / 1000;
  print(`Training complete in ${Math.floor(seconds / 60)}m ${Math.round(seconds % 60)}s`);
  print(`Best val Acc: ${bestAccuracy.toFixed(4)}`);
  await model.loadStateDict(best);
  return best;
}

async function countEqual(predictions: Tensor, labels: Tensor): Promise<number> {
  const equal = await predictions.eq(labels);
  const sum = await equal.sum();
  const value = await sum.item();
  equal.dispose();
  sum.dispose();
  return value;
}

async function main(): Promise<void> {
  const [dir, weights, mode = 'finetune'] = process.argv.slice(2);
  if (dir === undefined || weights === undefined || (mode !== 'finetune' && mode !== 'extractor')) {
    console.error('usage: node examples/tutorial.ts DATA WEIGHTS [finetune|extractor]');
    process.exitCode = 2;
    return;
  }
  const best = await tutorial({ dir, weights, mode }, console.log);
  await best.save(`tutorial-${mode}.pth`);
  best.dispose();
}

if (process.argv[1]?.endsWith('tutorial.ts')) void main();
