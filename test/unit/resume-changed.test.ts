import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainerConfig } from '../../lib/config/types';
import { RunBench } from './run-bench';
import { antsAndBees, rejection, removeTemporaryFolders } from './temporary-folder';

const mockBench = new RunBench();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockBench.fake.load.loadNative(),
  loadNativeWithLibTorch: () => mockBench.fake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockBench.fake.load.onNativeWarning(listener),
}));
const { aborted, checkpoints, collected, dir, trainer } = mockBench;

afterAll(removeTemporaryFolders);
beforeEach(mockBench.begin);

describe('another run than that of the checkpoint', () => {
  const changed: Partial<TrainerConfig> = { seed: 7, optimizer: { lr: 0.5 } };

  test('is refused, with each setting and both values', async () => {
    await aborted('train', 1);
    const failure = await rejection(trainer(changed).fit({ resume: 'auto' }));
    expect(failure).toMatchObject({
      code: 'RESUME_MISMATCH',
      hint: expect.stringContaining('--resume-anyway'),
    });
    const { message } = failure as Error;
    expect(message).toContain('seed: 0 before, 7 now');
    expect(message).toContain('optimizer.lr: 0.001 before, 0.5 now');
    expect(checkpoints()).toHaveLength(1);
  });

  test('goes on when told so, with the schedule counted by the new rate', async () => {
    await aborted('train', 1);
    const { warnings } = await collected({ resume: { from: 'auto', allowChanges: true } }, changed);
    expect(warnings).toContain('RESUMED_CHANGED');
    expect(mockBench.fake.calls.find((call) => call.startsWith('train'))).toBe('train 1 lr=0.5 from 1');
  });

  describe('is one with other data', () => {
    async function changed(change: () => unknown, config: Partial<TrainerConfig> = {}): Promise<string> {
      data = antsAndBees(4);
      await aborted('train', 1, { data: { dir: data }, ...config });
      change();
      const failure = await rejection(trainer({ data: { dir: data }, ...config }).fit({ resume: 'auto' }));
      expect(failure).toMatchObject({ code: 'RESUME_MISMATCH' });
      return failure.message ?? '';
    }
    let data = '';
    const file = (name: string) => join(data, name);
    const draw = (name: string, content: string) => writeFileSync(file(name), content);

    test('whose added, removed and changed images are named', async () => {
      const message = await changed(() => {
        for (const number of [4, 5, 6, 7]) draw(`train/ants/00${number}.jpg`, '');
        rmSync(file('val/bees/000.jpg'));
        draw('train/bees/001.jpg', 'longer');
      });
      expect(message).toContain(
        'another one: data: 4 images added ("train/ants/004.jpg", "train/ants/005.jpg", "train/ants/006.jpg" and 1 more), ' +
          '1 image removed ("val/bees/000.jpg"), 1 image changed ("train/bees/001.jpg", 0 bytes before, 6 now).',
      );
    });

    test('also where an image has the size of before, as preflight sees', async () => {
      const message = await changed(() => {
        mockBench.fake.facts = (path) =>
          path.endsWith('train/ants/002.jpg') ? { sha256: 'f'.repeat(64) } : {};
      });
      expect(message).toContain(': data: 1 image changed ("train/ants/002.jpg", still 0 bytes).');
    });

    test('where a list has another order', async () => {
      const list = () =>
        [0, 1, 2].flatMap((n) =>
          ['ants', 'bees'].map((label) => ({ path: file(`train/${label}/00${n}.jpg`), label })),
        );
      data = antsAndBees(4);
      const val = { list: list() };
      await aborted('train', 1, { data: { train: { list: list() }, val } });
      const again = trainer({ data: { train: { list: list().reverse() }, val } }).fit({ resume: 'auto' });
      expect(await rejection(again)).toMatchObject({
        message: expect.stringContaining('data: the same images in another order.'),
      });
    });

    test('and goes on by names and sizes without preflight', async () => {
      const config = { data: { dir, preflight: false } };
      await aborted('train', 1, config);
      mockBench.fake.facts = () => ({ sha256: 'f'.repeat(64) });
      expect((await collected({ resume: 'auto' }, config)).warnings).toEqual([]);
    });
  });

  test('is none with other workers, another time limit or other checkpoints', async () => {
    await aborted('train', 1);
    const free = { data: { dir, workers: 1 }, timeLimit: '1h', checkpoint: { everyEpochs: 3 } };
    expect((await collected({ resume: 'auto' }, free)).result.stopped).toBe('completed');
  });
});
