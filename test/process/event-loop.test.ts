import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './child';
import { drawPhotos } from './draw-photos';
import { quickFolder } from './run-files';

/** Milliseconds that training may add to what an idle process shows on the same machine. */
const P99_ABOVE_IDLE = 15;
const MAX_ABOVE_IDLE = 120;

test('from import to dispose, a fit holds the event loop up by little more than an idle process', async () => {
  const data = drawPhotos({ train: 40, val: 8 });
  try {
    const measure = async (mode: string): Promise<{ p99: number; max: number }> => {
      const { code, stdout } = await runProgram('loop-delay.cjs', [mode, data, '8']);
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    // Side by side, so that both see what else the machine is doing.
    const [control, fit] = await Promise.all([measure('idle'), measure('fit')]);
    expect(fit.p99 - control.p99).toBeLessThanOrEqual(P99_ABOVE_IDLE);
    expect(fit.max - control.max).toBeLessThanOrEqual(MAX_ABOVE_IDLE);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

describe('callbacks that are slow, busy or never come back', () => {
  let data = '';
  let place = '';
  /** Waits most of the time, so the other tests run beside it. */
  let slow: Promise<ReturnType<typeof JSON.parse>>;
  beforeAll(() => {
    data = drawPhotos({ train: 8, val: 2 });
    place = mkdtempSync(join(quickFolder(), 'torchwing-callbacks-'));
    slow = told('slow');
    slow.catch(() => undefined);
  });
  afterAll(() => {
    for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
  });

  /** What one part of back-pressure.cjs prints. */
  async function told(part: string) {
    const { code, stdout, stderr } = await runProgram(
      'back-pressure.cjs',
      [part, data, join(place, part)],
      () => {},
      { flags: ['--expose-gc'] },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  test('an abort is answered though callbacks hang from any kind of event on', async () => {
    const kinds: Record<string, { rejected: boolean; milliseconds: number }> = await told('never');
    expect(Object.keys(kinds)).toHaveLength(7);
    for (const [kind, { rejected, milliseconds }] of Object.entries(kinds)) {
      expect({ kind, rejected }).toEqual({ kind, rejected: true });
      expect(milliseconds).toBeLessThan(10_000);
    }
  }, 180_000);

  test('a busy main thread is told of everything but intermediate progress, in the order of the log', async () => {
    const { delivered, written, warnings } = await told('busy');
    const types = (type: string) => delivered.filter((event: { type: string }) => event.type === type);
    expect(delivered.filter(({ type }: { type: string }) => type !== 'progress')).toEqual(written);
    expect([types('phaseEnd'), types('epochEnd'), types('end')].map(({ length }) => length)).toEqual([
      8, 4, 1,
    ]);
    expect(types('checkpoint').length).toBeGreaterThan(4);
    // Warnings of the last checkpoints may come when the run is over.
    const heard = types('warning').map(({ message }: { message: string }) => Number(message.split(' ')[1]));
    expect(heard).toEqual(Array.from({ length: heard.length }, (_, at) => at + 1));
    expect(heard.length).toBeGreaterThanOrEqual(warnings - 2);
    for (const phase of ['train', 'val']) {
      for (let epoch = 0; epoch < 4; epoch++) {
        const steps = types('progress')
          .filter((event: { phase: string; epoch: number }) => event.phase === phase && event.epoch === epoch)
          .map(({ step }: { step: number }) => step);
        // The last step is always told.
        expect(steps.at(-1)).toBe(phase === 'train' ? 8 : 2);
        expect(steps).toEqual([...new Set<number>(steps)].sort((a, b) => a - b));
      }
    }
  }, 180_000);

  test('ten thousand progress events while a callback is out are two, hold no memory, and push nothing else out', async () => {
    const { held, progress, warning } = await told('flood');
    expect(progress).toEqual([1, 10_999]);
    expect(warning).toEqual(Array.from({ length: 1000 }, (_, at) => `${at}`));
    // One event is some 400 bytes.
    expect(held).toBeLessThan(100_000);
  });

  // As long as users' databases take now and then; a shorter wait would pass by a limit of some seconds.
  test('callbacks that take ten seconds hold training back and nothing else', async () => {
    const { stopped, seconds, ticks, order } = await slow;
    expect(stopped).toBe('completed');
    expect(seconds).toBeGreaterThanOrEqual(20);
    // A clock of 100 ms ticked on.
    expect(ticks).toBeGreaterThan(150);
    expect(order).toEqual(
      [0, 1, 2].flatMap((epoch) => [`phaseEnd train ${epoch}`, `phaseEnd val ${epoch}`, `epochEnd ${epoch}`]),
    );
  });
});
