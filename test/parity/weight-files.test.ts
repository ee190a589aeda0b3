/** Files that real torch wrote (scripts/golden/weights.py), read and written again through the public API. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { StateDict, weightsSha256 } from '../../lib/index';

function readFixture(name: string): Record<string, string> {
  return JSON.parse(readFileSync(join(__dirname, 'fixtures', name), 'utf8'));
}

const FILES = readFixture('weights.json');
const HASHES = readFixture('weights-hashes.json');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-weights-'));
  for (const [name, content] of Object.entries(FILES)) {
    writeFileSync(join(folder, `${name}.pth`), Buffer.from(content, 'base64'));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(Object.entries(HASHES))('%s has the hash that Python computes', async (name, expected) => {
  using state = await StateDict.read(join(folder, `${name}.pth`));
  expect(await weightsSha256(state)).toBe(expected);
});

test.each(Object.entries(HASHES))('%s keeps its hash when written and read again', async (name, expected) => {
  using state = await StateDict.read(join(folder, `${name}.pth`));
  const copy = join(folder, 'copy.pth');
  await state.save(copy, '{"classes":["Käfer","Biene"]}');
  using again = await StateDict.read(copy);
  expect(await weightsSha256(again)).toBe(expected);
  expect(again.entries.map((entry) => entry.name)).toEqual(state.entries.map((entry) => entry.name));
  expect(again.record).toBe('{"classes":["Käfer","Biene"]}');
});

test.each(Object.entries(HASHES))(
  '%s keeps its hash by way of safetensors and back to .pth',
  async (name, expected) => {
    using state = await StateDict.read(join(folder, `${name}.pth`));
    const record = '{"classes":["Käfer","Biene"]}';
    const copies = [join(folder, 'copy.safetensors'), join(folder, 'back.pth')];
    let latest = state;
    for (const copy of copies) {
      await latest.save(copy, record);
      if (latest !== state) latest.dispose();
      latest = await StateDict.read(copy);
      expect(await weightsSha256(latest)).toBe(expected);
      expect(latest.record).toBe(record);
      expect(latest.entries.map((entry) => entry.name)).toEqual(state.entries.map((entry) => entry.name));
    }
    latest.dispose();
    const first = readFileSync(join(folder, 'copy.safetensors'));
    expect(first.subarray(8, 9).toString()).toBe('{');
  },
);

test('only the names under a prefix are taken, and a prefix that no name has is refused', async () => {
  using state = await StateDict.read(join(folder, 'module.pth'), { prefix: 'bn.' });
  expect(state.entries.map(({ name }) => name)).toContain('running_mean');
  await expect(StateDict.read(join(folder, 'module.pth'), { prefix: 'x.' })).rejects.toMatchObject({
    code: 'WEIGHTS_MISMATCH',
  });
});

test('a file without our record has none', async () => {
  using state = await StateDict.read(join(folder, 'module.pth'));
  expect(state.record).toBeNull();
  expect(state.notes).toEqual([]);
});

test.each([
  ['command', 'WEIGHTS_UNSAFE', /"posix\.system"/, /state_dict\(\)/],
  ['wholeModule', 'WEIGHTS_UNSUPPORTED', /whole pickled model/, /torch\.save\(/],
  ['torchScript', 'WEIGHTS_UNSUPPORTED', /TorchScript/, /torch\.jit\.load/],
])('%s is refused with code, reason and cure', async (name, code, message, hint) => {
  await expect(StateDict.read(join(folder, `${name}.pth`))).rejects.toMatchObject({
    name: 'TorchwingError',
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
});
