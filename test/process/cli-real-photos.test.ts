import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { events, SHARED_DATA, TRAIN_PROGRAM, torchwing } from './cli-program';

const DATA = join(SHARED_DATA, 'hymenoptera_data');
const WEIGHTS = join(SHARED_DATA, 'resnet18_imagenet.pth');

let place = '';
beforeAll(() => {
  for (const path of [DATA, WEIGHTS]) {
    if (!existsSync(path)) throw new Error(`These tests need the shared data; "${path}" is not there.`);
  }
  place = mkdtempSync(join(tmpdir(), 'torchwing-photos-'));
});
afterAll(() => {
  if (place !== '') rmSync(place, { recursive: true, force: true });
});

// The real job, shortened: one epoch on small images. 153 validation images are predicted twice by new processes.
test('a copied best.pth predicts the 153 validation photos as the run counted them, in batches of 1 and of 32', async () => {
  const output = join(place, 'run');
  const trained = await torchwing(
    [
      '--data',
      DATA,
      '--weights',
      WEIGHTS,
      '--mode',
      'extractor',
      '--epochs',
      '1',
      '--image-size',
      '96',
      '--output',
      output,
      '--json',
    ],
    { program: TRAIN_PROGRAM },
  );
  expect(trained.code).toBe(0);
  const printed = events(trained.stdout);
  expect(printed[0]).toMatchObject({ classes: ['ants', 'bees'], counts: { train: 244, val: 153 } });
  const { accuracy } = (printed.at(-1) as unknown as { best: { accuracy: number } }).best;
  expect(accuracy).toBeGreaterThan(0.6);

  const alone = join(place, 'copied.pth');
  copyFileSync(join(output, 'best.pth'), alone);
  for (const batch of ['1', '32']) {
    let right = 0;
    for (const name of ['ants', 'bees']) {
      const folder = join(DATA, 'val', name);
      const { code, stdout } = await torchwing(['predict', alone, folder, '--json', '--batch-size', batch]);
      expect(code).toBe(0);
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      right += rows.filter(({ predictions }) => predictions[0].label === name).length;
    }
    expect(right / 153).toBe(accuracy);
  }
}, 240_000);

test('check finds nothing wrong with the 397 photos, and accounts for the file that is none', async () => {
  const { code, stdout } = await torchwing(['check', DATA, '--json', '--no-cache']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ unusable: [], duplicates: [], exifRotated: [], cmyk: [], animated: [] });
  expect(report.phases).toMatchObject([
    { used: 244, ignored: { '.gif': 1 } },
    { used: 153, ignored: {} },
  ]);
});
