import { existsSync } from 'node:fs';
import { RunBench } from './run-bench';
import { rejection, removeTemporaryFolders } from './temporary-folder';

const mockBench = new RunBench();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockBench.fake.load.loadNative(),
  loadNativeWithLibTorch: () => mockBench.fake.load.loadNativeWithLibTorch(),
  onNativeWarning: (listener: () => void) => mockBench.fake.load.onNativeWarning(listener),
}));
let mockRoom = 0;
jest.mock('../../lib/native/memory-room', () => ({
  memoryRoom: () => ({ bytes: mockRoom, limit: '/sys/fs/cgroup/memory.max', of: mockRoom }),
}));
const { collected, trainer } = mockBench;

afterAll(removeTemporaryFolders);
beforeEach(mockBench.begin);

test('a run for which there is no room is refused before anything is made', async () => {
  mockRoom = 50e6;
  const events: unknown[] = [];
  expect(await rejection(trainer().fit({ onEvent: (event) => void events.push(event) }))).toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringContaining('and /sys/fs/cgroup/memory.max (50 MB) leaves 50 MB.'),
    hint: expect.stringContaining('--batch-size'),
  });
  expect(mockBench.fake.calls.filter((call) => /^(ResNet|SGD|train|val) /.test(call))).toEqual([]);
  expect(events).toEqual([]);
  expect(existsSync(mockBench.output)).toBe(false);
  expect(mockBench.fake.live).toBe(0);
});

test('one for which it is tight trains, and its events say so', async () => {
  mockRoom = 0;
  const { message = '' } = await rejection(trainer().fit());
  const [, certain] = /at least (\d+) MB/.exec(message) ?? [];
  mockRoom = (Number(certain) + 1) * 1e6;
  const { events, result } = await collected({});
  expect(result.stopped).toBe('completed');
  expect(events[0]?.type).toBe('start');
  expect(events.filter(({ type }) => type === 'warning')).toEqual([
    expect.objectContaining({ code: 'MEMORY_TIGHT', message: expect.stringContaining('will probably take') }),
  ]);
  mockRoom = 64e9;
  mockBench.begin();
  expect((await collected({})).warnings).toEqual([]);
});
