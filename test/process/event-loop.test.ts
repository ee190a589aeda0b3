import { rmSync } from 'node:fs';
import { runProgram } from './child';
import { drawPhotos } from './draw-photos';

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
