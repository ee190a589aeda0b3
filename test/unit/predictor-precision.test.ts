import { Predictor } from '../../lib/predictor/predictor';
import { FakeNative } from './fake-native';
import { rejection } from './temporary-folder';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNative: () => mockFake.load.loadNative(),
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
}));

jest.mock('../../lib/cuda', () => ({
  cuda: { status: async () => ({ available: true, devices: [{ index: 0, capability: '9.0' }] }) },
}));

const classes = ['ants', 'bees'];

beforeEach(() => {
  mockFake = new FakeNative();
  mockFake.files.set('bare.pth', { headClasses: 2 });
});

test('fp32 is the default', async () => {
  const predictor = await Predictor.load('bare.pth', { classes, device: 'cpu' });
  expect(predictor.precision).toBe('fp32');
  expect(mockFake.calls[0]).toBe('ResNet resnet18 classes=2 seed=0 layout=fast');
});

test.each(['cpu', 'cuda:0'])(
  'the model on %s computes in the precision that is asked for',
  async (device) => {
    for (const precision of ['bf16', 'fp16'] as const) {
      const predictor = await Predictor.load('bare.pth', { classes, device, precision });
      expect(predictor.precision).toBe(precision);
      expect(mockFake.calls).toContain(`ResNet resnet18 classes=2 seed=0 layout=fast precision=${precision}`);
    }
    expect(mockFake.sessionDevices).toEqual([]);
  },
);

test('auto is known as what it came to', async () => {
  const predictor = await Predictor.load('bare.pth', { classes, device: 'cpu', precision: 'auto' });
  expect(predictor.precision).toBe('bf16');
  expect(mockFake.calls[0]).toContain('precision=bf16');
});

test('tf32 is held while the predictor lives', async () => {
  const predictor = await Predictor.load('bare.pth', { classes, device: 'cuda', precision: 'tf32' });
  expect(mockFake.calls[0]).toContain('precision=tf32');
  expect(mockFake.sessionDevices).toEqual(['cuda:0']);
  expect(mockFake.live).toBe(2);
  predictor.dispose();
  expect(mockFake.live).toBe(0);
});

test('tf32 is refused on the CPU as for training, before the weights are read', async () => {
  const refused = Predictor.load('none.pth', { device: 'cpu', precision: 'tf32' });
  expect(await rejection(refused)).toMatchObject({
    code: 'INVALID_CONFIG',
    message: 'Invalid value for "precision": received "tf32" on the CPU, expected fp32, bf16, fp16 or auto.',
  });
  expect(mockFake.live).toBe(0);
});

test('a conflict over TF32 frees what was made', async () => {
  mockFake.sessionRefusal = { code: 'ARITHMETIC_CONFLICT', message: 'This process computes with no tf32.' };
  const refused = Predictor.load('bare.pth', { classes, device: 'cuda', precision: 'tf32' });
  expect(await rejection(refused)).toMatchObject({ code: 'ARITHMETIC_CONFLICT' });
  expect(mockFake.live).toBe(0);
});
