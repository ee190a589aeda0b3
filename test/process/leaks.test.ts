import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './child';
import { drawPhotos } from './draw-photos';
import { quickFolder } from './run-files';

/*
 * What a process holds may not grow with what it has trained. Thousands of epochs and hundreds of fits take a minute or two even
 * on the smallest of data sets, and fewer show no kilobyte beside the warm-up.
 */

const { STEADY_MALLOC } = require('./programs/gauge.cjs') as { STEADY_MALLOC: NodeJS.ProcessEnv };

/** What leak-host.cjs prints: bytes per epoch or per fit, and the counts that were seen. */
interface Growth {
  samples: number;
  heap: number;
  resident: number;
  threads: number[];
  descriptors: number[];
}

/** Bytes that may be held more after each. A run's history is itself some 400 bytes per epoch. */
const ALLOWED = { epochs: 2 * 1024, fits: 50 * 1024 };

let data = '';
let place = '';
beforeAll(() => {
  data = drawPhotos({ train: 1, val: 1 });
  place = mkdtempSync(join(quickFolder(), 'torchwing-leaks-'));
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

async function growth(unit: keyof typeof ALLOWED, count: number, leak = 'none'): Promise<Growth> {
  const output = join(place, `${unit}-${leak}`);
  const { code, stdout, stderr } = await runProgram(
    'leak-host.cjs',
    [unit, `${count}`, data, output, leak],
    () => {},
    { flags: ['--expose-gc'], env: STEADY_MALLOC },
  );
  if (code !== 0) throw new Error(`leak-host.cjs ended with ${code}: ${stderr}`);
  const found: Growth = JSON.parse(stdout);
  process.stdout.write(
    `${unit}, ${leak}: ${Math.round(found.heap)} bytes of heap and ${Math.round(found.resident)} resident, each; ` +
      `threads ${found.threads}, descriptors ${found.descriptors}\n`,
  );
  return found;
}

/** Whether a figure is as it has to be. */
function verdict(found: Growth, allowed: number) {
  return {
    heap: found.heap <= allowed,
    resident: found.resident <= allowed,
    threads: found.threads.length === 1,
    descriptors: found.descriptors.length === 1,
  };
}
const CLEAN = { heap: true, resident: true, threads: true, descriptors: true };

test('2,000 epochs and 200 fits leave nothing behind', async () => {
  const [epochs, fits] = await Promise.all([growth('epochs', 2000), growth('fits', 200)]);
  expect(verdict(epochs, ALLOWED.epochs)).toEqual(CLEAN);
  expect(verdict(fits, ALLOWED.fits)).toEqual(CLEAN);
}, 600_000);

describe('a planted leak is found:', () => {
  test('tensors of twice what is allowed, in the heap', async () => {
    const [epochs, fits] = await Promise.all([growth('epochs', 100, 'memory'), growth('fits', 40, 'memory')]);
    expect(verdict(epochs, ALLOWED.epochs)).toMatchObject({ heap: false });
    expect(verdict(fits, ALLOWED.fits)).toMatchObject({ heap: false });
  }, 180_000);

  // The resident size also has the pages that V8 takes and gives back, some hundred kilobytes in so few epochs.
  test('tensors of many pages, in the resident size', async () => {
    const [epochs, fits] = await Promise.all([growth('epochs', 100, 'pages'), growth('fits', 40, 'pages')]);
    expect(verdict(epochs, ALLOWED.epochs)).toMatchObject({ resident: false });
    expect(verdict(fits, ALLOWED.fits)).toMatchObject({ resident: false });
  }, 180_000);

  test('threads and descriptors', async () => {
    const [threads, descriptors] = await Promise.all([
      growth('epochs', 50, 'threads'),
      growth('epochs', 50, 'descriptors'),
    ]);
    expect(verdict(threads, ALLOWED.epochs)).toMatchObject({ threads: false, descriptors: true });
    expect(verdict(descriptors, ALLOWED.epochs)).toMatchObject({ threads: true, descriptors: false });
  }, 180_000);
});
