import { existsSync } from 'node:fs';
import { RunBench } from './run-bench';
import { removeTemporaryFolders } from './temporary-folder';

const mockBench = new RunBench();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockBench.fake.load.loadNative(),
  loadNativeWithLibTorch: () => mockBench.fake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockBench.fake.load.onNativeWarning(listener),
}));
const { aborted, checkpoints, collected, renew, trainer } = mockBench;

afterAll(removeTemporaryFolders);
beforeEach(mockBench.begin);

test('the time limit ends a fit behind its step, with a checkpoint and a result', async () => {
  mockBench.fake.onPhase = async ({ options, stopped }) => {
    if (options.epoch === 1) await stopped;
  };
  const { result, events } = await collected({}, { timeLimit: 0.2 });
  expect(result).toMatchObject({ stopped: 'timeLimit', last: { epoch: 0 } });
  expect(events.at(-1)).toMatchObject({ type: 'end', stopped: 'timeLimit' });
  expect(checkpoints()).toEqual(['checkpoint-0001-train-000001.pth']);
  renew();
  expect((await trainer().fit({ resume: 'auto' })).stopped).toBe('completed');
});

describe('a time limit that comes while the run is prepared', () => {
  /** Preflight does not come back. */
  const stuck = () => {
    mockBench.fake.inspected = new Promise(() => {});
  };

  test('ends a new one with nothing made, and no event', async () => {
    stuck();
    const { result, events } = await collected({}, { timeLimit: 0.2 });
    expect(result).toMatchObject({ stopped: 'timeLimit', best: null, last: null, history: [], classes: [] });
    expect(events).toEqual([]);
    expect(existsSync(mockBench.output)).toBe(false);
    expect(mockBench.fake.live).toBe(0);
  });

  test('leaves one that goes on as it was, and says how far it had come', async () => {
    await aborted('train', 2);
    const before = checkpoints();
    stuck();
    const { result } = await collected({ resume: 'auto' }, { timeLimit: 0.2 });
    expect(result).toMatchObject({ stopped: 'timeLimit', best: { epoch: 1 }, last: { epoch: 1 } });
    expect(result.classes).toEqual(['ants', 'bees']);
    expect(checkpoints()).toEqual(before);
  });
});
