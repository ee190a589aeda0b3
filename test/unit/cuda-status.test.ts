import { cuda } from '../../lib/cuda';
import { FakeNative } from './fake-native';

let mockFake = new FakeNative();
jest.mock('../../lib/native/load', () => ({
  loadNativeWithLibTorch: () => mockFake.load.loadNativeWithLibTorch(),
}));
beforeEach(() => {
  mockFake = new FakeNative();
});

test('devices are those that LibTorch counts, in the words of the driver', async () => {
  mockFake.addCudaDevice('One');
  mockFake.cuda.devices = 3;
  mockFake.driver.devices.push(null, { name: 'Three', capability: '8.6', totalMemory: 3 });
  expect(await cuda.status()).toEqual({
    available: true,
    cause: null,
    whyNot: null,
    cure: null,
    devices: [
      { index: 0, name: 'One', capability: '9.0', totalMemory: 1 },
      { index: 1, name: 'unknown', capability: 'unknown', totalMemory: 0 },
      { index: 2, name: 'Three', capability: '8.6', totalMemory: 3 },
    ],
  });
});

test('without CUDA there are none, whatever the driver describes', async () => {
  mockFake.addCudaDevice('One');
  mockFake.absence = { cause: 'cpuBuild', whyNot: 'a CPU build', cure: 'Bring another.' };
  mockFake.cuda = { available: false, whyNot: 'a CPU build', cure: 'Bring another.', devices: 0 };
  expect(await cuda.status()).toMatchObject({ available: false, cause: 'cpuBuild', devices: [] });
});
