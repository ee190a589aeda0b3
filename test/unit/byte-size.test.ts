import { parseByteSize } from '../../lib/data/byte-size';

test.each([
  [0, 0],
  [4096, 4096],
  ['17', 17],
  ['512MB', 512e6],
  ['512 mb', 512e6],
  ['1.5GiB', 1.5 * 2 ** 30],
  ['2 KiB', 2048],
  ['3kb', 3000],
])('%p is %d bytes', (size, bytes) => {
  expect(parseByteSize(size)).toBe(bytes);
});

test.each([
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  'MB',
  '-1MB',
  '1 TB',
  '1e3',
  'much',
  '99999999 GB',
  null,
])('%p is no size', (size) => {
  expect(parseByteSize(size)).toBeNull();
});
