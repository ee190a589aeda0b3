import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Finding {
  name: string;
  state: string;
  text: string;
  cure?: string;
}

function doctor(environment: NodeJS.ProcessEnv = {}, program = join(root, 'dist', 'cli', 'main.js')) {
  const { status, stdout } = spawnSync(process.execPath, [program, 'doctor', '--json'], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  const { canTrain, findings } = JSON.parse(stdout) as { canTrain: boolean; findings: Finding[] };
  return { status, canTrain, find: (name: string) => findings.find((finding) => finding.name === name) };
}

test('where training can run it says what was found, and exits with 0', () => {
  const { status, canTrain, find } = doctor();
  expect({ status, canTrain }).toEqual({ status: 0, canTrain: true });
  expect(find('libtorch')?.text).toMatch(/^2\.\d+\.\d+, (cpu|cuda) build, in \//);
  expect(find('load')?.text).toMatch(/kernels, \d+ threads$/);
});

test('a wrong LIBTORCH is a problem with its cure, and exits with 4', () => {
  const { status, canTrain, find } = doctor({ LIBTORCH: folder });
  expect({ status, canTrain }).toEqual({ status: 4, canTrain: false });
  expect(find('libtorch')).toMatchObject({
    state: 'problem',
    text: expect.stringContaining('LIBTORCH_NOT_FOUND'),
  });
  expect(find('libtorch')?.cure).toContain('include/ and lib/');
});

test('another minor of LibTorch than the addon was built for is a problem', () => {
  mkdirSync(join(folder, 'lib'));
  for (const library of ['libc10.so', 'libtorch_cpu.so']) writeFileSync(join(folder, 'lib', library), '');
  writeFileSync(join(folder, 'version.py'), "__version__ = '2.12.0'\n");
  const { status, find } = doctor({ LIBTORCH: folder });
  expect(status).toBe(4);
  expect(find('libtorch')?.text).toContain('LIBTORCH_VERSION');
});

test('a library that cannot be mapped is named', () => {
  mkdirSync(join(folder, 'lib'));
  for (const library of ['libc10.so', 'libtorch_cpu.so'])
    writeFileSync(join(folder, 'lib', library), 'not a library');
  const built = doctor().find('addon')?.text ?? '';
  const minor = /LibTorch (\d+\.\d+)$/.exec(built)?.[1];
  writeFileSync(join(folder, 'version.py'), `__version__ = '${minor}.0'\n`);
  const { status, find } = doctor({ LIBTORCH: folder });
  expect(status).toBe(4);
  expect(find('load')?.text).toContain('libc10.so');
  expect(find('load')?.text).toContain('LIBTORCH_LOAD');
});

test('a missing addon is a problem, and the library still imports', () => {
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['zod', 'node-gyp-build']) {
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  const { status, find } = doctor({}, join(folder, 'dist', 'cli', 'main.js'));
  expect(status).toBe(4);
  expect(find('addon')?.text).toContain('ADDON_NOT_FOUND');
  const imported = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(join(folder, 'dist'))})`]);
  expect(imported.status).toBe(0);
});
