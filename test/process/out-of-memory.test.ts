import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MemoryDetails } from 'torchwing';
import { runProgram } from './child';
import { drawPhotos } from './draw-photos';
import { compilePreload } from './faults/preload';
import { quickFolder, shaOf } from './run-files';

/** What test/process/programs/out-of-memory.cjs prints of one fit. */
interface Fit {
  name: string;
  outcome: string;
  message?: string;
  hint?: string;
  details?: MemoryDetails;
  warnings: { code: string; message: string }[];
}

/** Between ResNet-18's largest weight, 9 MiB, and what the stem makes of 16 images of 128 x 128 pixels, 16 MiB. */
const LARGEST_BLOCK = 12 * 2 ** 20;

let place = '';
let data = '';
const fits = new Map<string, Fit>();
beforeAll(async () => {
  place = mkdtempSync(join(quickFolder(), 'torchwing-memory-'));
  data = drawPhotos({ train: 16, val: 8 });
  const { code, stdout, stderr } = await runProgram('out-of-memory.cjs', [data, place], undefined, {
    env: { LD_PRELOAD: compilePreload('memory', place), TORCHWING_LARGEST_BLOCK: `${LARGEST_BLOCK}` },
  });
  if (code !== 0) throw new Error(`out-of-memory.cjs ended with ${code}: ${stderr}`);
  for (const line of stdout.trimEnd().split('\n')) {
    const fit: Fit = JSON.parse(line);
    fits.set(fit.name, fit);
  }
}, 300_000);
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

test('a fit for which memory runs out says which batch was tried, and what to do; so does the next one', () => {
  for (const name of ['refused', 'refused again']) {
    expect(fits.get(name)).toMatchObject({
      outcome: 'OUT_OF_MEMORY',
      message: expect.stringMatching(
        /^Memory ran out in training step 0 of epoch 0 on cpu, with a batch of 16 images: \d+\.\d\d MiB were asked for\. That given up, .+ \(\d.+B\) leaves \d.+B\.$/,
      ),
      hint: expect.stringContaining('--auto-batch'),
      details: { device: 'cpu', batchSize: 16, microBatch: 16 },
    });
    const { asked, free, total } = fits.get(name)?.details ?? {};
    expect(asked).toBeGreaterThan(LARGEST_BLOCK);
    expect(free).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(free ?? 0);
  }
});

test('the same process trains on smaller batches', () => {
  expect(fits.get('smaller')).toMatchObject({ outcome: 'completed', warnings: [] });
});

test('autoBatch computes the batch in parts, and says once for each phase what that means', () => {
  const { outcome, warnings } = fits.get('whole') ?? { outcome: '', warnings: [] };
  expect(outcome).toBe('completed');
  expect(warnings.filter(({ code }) => code === 'MICRO_BATCH').map(({ message }) => message)).toEqual([
    'Memory ran out for a train batch of 16 images: from here on train batches are computed in parts of 8 and their gradients summed, so the optimizer steps as before. BatchNorm sees the smaller parts, so the figures differ from those of whole batches.',
    'Memory ran out for a val batch of 16 images: from here on val batches are computed in parts of 8.',
  ]);
});

test('a run that goes on stays with the parts, to the bit', async () => {
  expect(fits.get('cut')?.outcome).toBe('cut');
  const { outcome, warnings } = fits.get('resumed') ?? { outcome: '', warnings: [] };
  expect(outcome).toBe('completed');
  expect(warnings.filter(({ message }) => message.includes('a train batch'))).toEqual([]);
  expect(await shaOf(join(place, 'cut', 'last.pth'))).toBe(await shaOf(join(place, 'whole', 'last.pth')));
});
