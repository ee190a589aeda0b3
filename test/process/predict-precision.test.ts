import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Prediction, Predictor } from 'torchwing';
import { torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';

/**
 * How far a probability may be from float32's: twice what bfloat16's 8 bits were seen to make of these weights. That the bits are
 * the right ones is native/test/train/autocast_test.cc's.
 */
const NEAR = 0.02;

let place = '';
let data = '';
let weights = '';

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-predict-'));
  data = drawPhotos({ train: 8, val: 5 });
  const output = join(place, 'run');
  const flags = ['--weights', 'none', '--image-size', '64', '--epochs', '4'];
  const { code, stderr } = await torchwing(['train', '--data', data, '--output', output, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  weights = join(output, 'last.pth');
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

async function predict(...flags: string[]): Promise<Prediction[][]> {
  const folders = ['ants', 'bees'].map((name) => join(data, 'val', name));
  const args = ['predict', weights, ...folders, '--json', '--top-k', '2', '--device', 'cpu', ...flags];
  const { code, stdout, stderr } = await torchwing(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { predictions: Prediction[] }).predictions);
}

const bees = (rows: Prediction[][]) =>
  rows.map((row) => row.find(({ label }) => label === 'bees')?.probability ?? Number.NaN);

test('in 16 bits the same classes come out, with nearly the same probabilities', async () => {
  const exact = await predict();
  expect(await predict('--precision', 'fp32')).toEqual(exact);
  for (const precision of ['bf16', 'fp16']) {
    const rounded = await predict('--precision', precision);
    const shares = bees(rounded);
    for (const [at, share] of bees(exact).entries()) {
      expect(Math.abs((shares[at] ?? 2) - share)).toBeLessThan(NEAR);
      // What is nearer to a tie may fall on either side of it.
      if (Math.abs(share - 0.5) > NEAR) expect(rounded[at]?.[0]?.label).toBe(exact[at]?.[0]?.label);
    }
    expect(shares).not.toEqual(bees(exact));
  }
});

test('auto computes in what the predictor says that it came to', async () => {
  const predictor = await Predictor.load(weights, { device: 'cpu', precision: 'auto' });
  const { precision } = predictor;
  predictor.dispose();
  expect(['fp32', 'bf16']).toContain(precision);
  expect(await predict('--precision', 'auto')).toEqual(await predict('--precision', precision));
});

test.each([
  ['tf32', 'Invalid value for "precision": received "tf32" on the CPU, expected fp32, bf16, fp16 or auto.'],
  ['bf8', '"bf8"'],
])('--precision %s is refused on the CPU as for training', async (precision, message) => {
  const flags = ['--device', 'cpu', '--precision', precision];
  const predicted = await torchwing(['predict', weights, join(data, 'val', 'ants'), ...flags]);
  expect(predicted).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  const trained = await torchwing(['train', '--data', data, '--weights', 'none', ...flags], { cwd: place });
  expect(trained).toMatchObject({
    code: 2,
    stdout: '',
    stderr: predicted.stderr.replace('predict', 'train'),
  });
});
