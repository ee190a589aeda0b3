/** Both scenarios of the tutorial, all 25 epochs, on the ants and bees, with its weights. */
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { imageSize, percent, photosOf } from '../training.mjs';

const require = createRequire(import.meta.url);
const { Trainer } = require('../../../dist/index.js');

/** What the tutorial's own runs reach at least, over seeds. */
const EXPECTED = { finetune: 0.92, extractor: 0.93 };

export async function check(context) {
  if (!context.dry && (context.data === null || context.weights === null))
    return { notRun: 'it needs the ants and bees and the weights of ImageNet: --data DIR --weights FILE' };
  const rows = [];
  for (const mode of ['finetune', 'extractor']) {
    const trainer = new Trainer({
      mode,
      data: { dir: await photosOf(context), imageSize: imageSize(context) },
      model: { weights: context.weights === null ? null : { file: context.weights } },
      device: context.device,
      epochs: context.dry ? 1 : 25,
      output: mkdtempSync(path.join(context.place, 'accuracy-')),
      overwrite: true,
    });
    const { best, seconds } = await trainer.fit();
    // One epoch on drawn insects reaches nothing in particular.
    const good = context.dry || best.accuracy >= EXPECTED[mode];
    const bar = context.dry ? 'none in a dry run' : percent(EXPECTED[mode]);
    rows.push([
      mode,
      percent(best.accuracy),
      bar,
      `${best.epoch}`,
      seconds.toFixed(1),
      good ? 'passed' : 'FAILED',
    ]);
  }
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: ["The tutorial's settings, seed 0."],
    tables: [{ head: ['mode', 'best accuracy', 'expected', 'at epoch', 'seconds', ''], rows }],
  };
}
