import { choosePrecision } from '../../lib/trainer/precision';
import { FakeNative } from './fake-native';
import { rejection, removeTemporaryFolders } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
}));

let mockCapability = '9.0';
jest.mock('../../lib/cuda', () => ({
  cuda: { status: async () => ({ devices: [{ index: 0, capability: mockCapability }] }) },
}));

afterAll(removeTemporaryFolders);
beforeEach(() => {
  mockFake = new FakeNative();
});

test.each(['fp32', 'bf16', 'fp16'] as const)('%s is taken as it is on every device', async (precision) => {
  expect(await choosePrecision(precision, 'cpu')).toBe(precision);
  expect(await choosePrecision(precision, 'cuda:0')).toBe(precision);
});

test('auto is bf16 exactly where the device multiplies it itself', async () => {
  expect(await choosePrecision('auto', 'cpu')).toBe('bf16');
  for (const [capability, precision] of [
    ['7.5', 'fp32'],
    ['8.0', 'bf16'],
    ['12.0', 'bf16'],
    ['unknown', 'fp32'],
  ] as const) {
    mockCapability = capability;
    expect(await choosePrecision('auto', 'cuda:0')).toBe(precision);
  }
});

test('what is no precision is refused on every device', async () => {
  for (const device of ['cpu', 'cuda:0']) {
    expect(await rejection(choosePrecision('bf8' as never, device))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message:
        'Invalid value for "precision": received "bf8", expected "fp32" or "tf32" or "bf16" or "fp16" or "auto".',
    });
  }
});

test('tf32 is refused on the CPU', async () => {
  const error = await rejection(choosePrecision('tf32', 'cpu'));
  expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
  expect(await choosePrecision('tf32', 'cuda:0')).toBe('tf32');
});
