import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { drawPhotos } from '../process/draw-photos';

const root = resolve(__dirname, '..', '..');
/** npm packs, installs and Jest starts: each takes seconds. */
jest.setTimeout(300_000);

interface Inspected {
  /** Needed libraries that are neither shipped, nor LibTorch's, nor on each Linux. */
  unknown: string[];
  searchPaths: string[];
  /** Highest version of glibc, for example "2.34". */
  glibc: string;
}

/** What scripts/shared-libraries.mjs says of a file; a process of its own, since Jest runs no ES modules. */
function inspect(file: string): Inspected {
  const module = join(root, 'scripts', 'shared-libraries.mjs');
  const program = `
    import { glibcNeeded, isKnown, neededLibraries, searchPaths } from ${JSON.stringify(module)};
    const file = ${JSON.stringify(file)};
    const unknown = neededLibraries(file).filter((soname) => !isKnown(soname));
    console.log(JSON.stringify({ unknown, searchPaths: searchPaths(file), glibc: glibcNeeded(file) }));
  `;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }),
  );
}

let project: string;
let installed: string;
/** A PATH with node and npm, and neither compiler nor Python. */
let bin: string;
const environment = () => ({ ...process.env, PATH: bin });

function run(command: string, args: string[], cwd = project) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment(), encoding: 'utf8' });
  return { status, output: stdout, errors: stderr };
}

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/prebuild.mjs'], { cwd: root });
  project = mkdtempSync(join(tmpdir(), 'torchwing-package-'));
  bin = join(project, 'bin');
  mkdirSync(bin);
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  symlinkSync(process.execPath, join(bin, 'node'));
  symlinkSync(npm, join(bin, 'npm'));
  for (const tool of ['sh', 'env', 'dirname']) {
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(),
      join(bin, tool),
    );
  }
  const packed = execFileSync('npm', ['pack', '--pack-destination', project], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'empty', version: '1.0.0', private: true }),
  );
  const { status, errors } = run('npm', ['install', '--no-audit', '--no-fund', join(project, packed.trim())]);
  expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
  installed = join(project, 'node_modules', 'torchwing');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the tarball', () => {
  test('holds the library, the prebuilt files and the documents, and no build file', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
      'prebuilds',
    ]);
    const { scripts = {}, gypfile } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(gypfile).toBe(false);
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(scripts).not.toHaveProperty(name);
  });

  test('brings every library that a plain Linux may lack, with its notice, and no build path', () => {
    const folder = join(installed, 'prebuilds', 'linux-x64');
    const names = readdirSync(folder).filter((name) => name !== 'notices');
    for (const name of names) {
      const { unknown, searchPaths, glibc } = inspect(join(folder, name));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
      expect(searchPaths.filter((path) => path !== '$ORIGIN')).toEqual([]);
      const [major = 0, minor = 0] = glibc.split('.').map(Number);
      expect(major * 1000 + minor).toBeLessThanOrEqual(2034);
    }
    const shipped = names.filter((name) => name.includes('.so')).sort();
    expect(readdirSync(join(folder, 'notices')).sort()).toEqual(shipped.map((name) => `${name}.txt`));
  });
});

describe('in an empty project, without compiler and Python', () => {
  const exported = "console.log(Object.keys(T).filter((name) => name !== 'default').sort().join(' '))";

  test('require and import give the same names', () => {
    const required = run('node', ['-e', `const T = require('torchwing'); ${exported}`]);
    const imported = run('node', [
      '--input-type=module',
      '-e',
      `import * as T from 'torchwing'; ${exported}`,
    ]);
    expect(required.output).toContain('Trainer');
    expect(imported.output).toBe(required.output);
  });

  test('its types compile', () => {
    writeFileSync(
      join(project, 'use.ts'),
      "import { Trainer, type TrainerEvent } from 'torchwing';\n" +
        "const trainer = new Trainer({ data: { dir: 'x' } });\n" +
        'export const types: TrainerEvent["type"][] = [];\n' +
        'void trainer.fit({ onEpochEnd: (event) => void types.push(event.type) });\n',
    );
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    for (const module of ['node16', 'commonjs']) {
      const resolution = module === 'node16' ? 'node16' : 'bundler';
      const kind = module === 'node16' ? module : 'preserve';
      const args = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--target',
        'es2022',
        '--types',
        '',
        '--module',
        kind,
      ];
      const { status, output } = run('node', [compiler, ...args, '--moduleResolution', resolution, 'use.ts']);
      expect({ status, output }).toEqual({ status: 0, output: '' });
    }
  });

  test('a fit runs on the prebuilt files with LIBTORCH set', () => {
    const data = drawPhotos({ train: 8, val: 2 });
    try {
      const program = join(installed, 'dist', 'train.js');
      const args = [
        '--data',
        data,
        '--weights',
        'none',
        '--epochs',
        '1',
        '--image-size',
        '32',
        '--output',
        'run',
      ];
      const { status, output, errors } = run('node', [program, ...args]);
      expect({ status, errors }).toEqual({ status: 0, errors: '' });
      expect(output).toContain('Training complete');
      expect(readdirSync(join(project, 'run'))).toEqual(
        expect.arrayContaining(['best.pth', 'last.pth', 'config.json', 'metrics.jsonl']),
      );
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });

  test('two test files of one Jest process both load it', () => {
    const tests = join(project, 'jest');
    mkdirSync(tests);
    for (const name of ['first', 'second']) {
      writeFileSync(
        join(tests, `${name}.test.js`),
        "const { Tensor, TorchwingError } = require('torchwing');\n" +
          "test('computes', async () => {\n" +
          '  const sum = await (await Tensor.from(new Float32Array([1, 2]), [2])).sum();\n' +
          '  expect(await sum.item()).toBe(3);\n' +
          '  await expect(Tensor.from(new Float32Array(3), [2])).rejects.toBeInstanceOf(TorchwingError);\n' +
          '});\n',
      );
    }
    writeFileSync(join(tests, 'jest.config.js'), "module.exports = { testEnvironment: 'node' };\n");
    const jest = join(dirname(require.resolve('jest/package.json')), 'bin', 'jest.js');
    const { status, errors } = run('node', [jest, '--rootDir', tests, '--runInBand'], tests);
    expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
    expect(errors).toContain('2 passed');
  });
});
