/**
 * Tells the classes of images by a weight file that torchwing wrote.
 *
 *   node examples/predict.ts best.pth IMAGE...
 */
import { Predictor } from 'torchwing';

async function main(): Promise<void> {
  const [file, ...images] = process.argv.slice(2);
  if (file === undefined || images.length === 0) {
    console.error('usage: node examples/predict.ts best.pth IMAGE...');
    process.exitCode = 2;
    return;
  }
  const predictor = await Predictor.load(file);
  const results = await predictor.predict(images, { topK: 2 });
  for (const [at, classes] of results.entries()) {
    const text = classes.map(({ label, probability }) => `${label} ${(probability * 100).toFixed(1)} %`);
    console.log(`${images[at]}: ${text.join(', ')}`);
  }
  predictor.dispose();
}

void main();
