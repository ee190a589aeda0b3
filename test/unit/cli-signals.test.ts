import { Interrupted, withSignals } from '../../lib/cli/signals';

const listeners = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'the first %s aborts the work, the second ends the process at once with %d',
  async (name, code) => {
    const before = listeners();
    const exits: unknown[] = [];
    const exit = jest
      .spyOn(process, 'exit')
      .mockImplementation(((value: unknown) => exits.push(value)) as never);
    const told: string[] = [];
    const work = withSignals(
      async (signal) => {
        process.emit(name, name);
        expect(exits).toEqual([]);
        process.emit(name, name);
        signal.throwIfAborted();
      },
      ({ message }) => told.push(message),
    );
    await expect(work).rejects.toBeInstanceOf(Interrupted);
    await expect(work).rejects.toMatchObject({ exitCode: code });
    exit.mockRestore();
    expect(exits).toEqual([code]);
    expect(told).toEqual([`Interrupted by ${name}.`]);
    expect(listeners()).toBe(before);
  },
);

test('work that no signal reaches gives its result and leaves no listener', async () => {
  const before = listeners();
  await expect(
    withSignals(
      async () => 7,
      () => {},
    ),
  ).resolves.toBe(7);
  expect(listeners()).toBe(before);
});
