import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../unit/temporary-folder';
import { runProgram } from './child';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('weights are read straight into the memory of the tensors: no second copy of the file', async () => {
  const files = ['weights.pth', 'weights.safetensors'].map((name) => join(folder, name));
  const written = await runProgram('weights-memory.cjs', ['write', ...files]);
  expect(written).toMatchObject({ code: 0, stderr: '' });
  for (const file of files) {
    const { code, stdout } = await runProgram('weights-memory.cjs', ['read', file]);
    expect(code).toBe(0);
    const share = Number(stdout) / statSync(file).size;
    expect(share).toBeGreaterThan(0.9); // the tensors themselves
    expect(share).toBeLessThanOrEqual(1.2);
  }
});
