import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { findLibTorch } from '../../lib/native/libtorch';
import { currentPlatform } from '../../lib/native/platform';
import { inScript, root } from '../unit/script-module';

/** npm packs, installs and Jest starts: each takes seconds. */
jest.setTimeout(300_000);

interface Inspected {
  /** Needed libraries that are neither shipped, nor LibTorch's, nor on each Linux. */
  unknown: string[];
  searchPaths: string[];
  /** Highest version of glibc, for example "2.34". */
  glibc: string;
}

function inspect(file: string): Inspected {
  return inScript(
    'shared-libraries.mjs',
    `const file = ${JSON.stringify(file)};
    const unknown = m.neededLibraries(file).filter((soname) => !m.isKnown(soname, file));
    return { unknown, searchPaths: m.searchPaths(file), glibc: m.glibcNeeded(file) };`,
  );
}

/** The glibc that the shipped files are built on for a release, Debian 12's; a newer build machine may need a newer one. */
const RELEASE_GLIBC = '2.36';
const GLIBC_OF_A_RELEASE = '2.34';

const byVersion = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

let project: string;
let installed: string;
/** A PATH with node and npm, and neither compiler nor Python. */
let bin: string;
const libtorch = findLibTorch().root;
const environment = () => ({ ...process.env, PATH: bin, LIBTORCH: libtorch });

function run(command: string, args: string[], cwd = project) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment(), encoding: 'utf8' });
  return { status, output: stdout, errors: stderr };
}

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/prebuilds.mjs'], { cwd: root });
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

  const shippedFiles = () => {
    const folder = join(installed, 'prebuilds', 'linux-x64');
    return readdirSync(folder)
      .filter((name) => name !== 'notices')
      .map((name) => join(folder, name));
  };

  test('brings every library that a plain Linux may lack, with its notice', () => {
    for (const file of shippedFiles())
      expect({ file, unknown: inspect(file).unknown }).toEqual({ file, unknown: [] });
    const libraries = shippedFiles()
      .map((file) => basename(file))
      .filter((name) => name.includes('.so') && !name.startsWith('torchwing'));
    // libsharpyuv is a part of libwebp that newer releases have made a library of its own.
    const names = libraries
      .map((name) => name.replace(/\.so.*/, ''))
      .filter((name) => name !== 'libsharpyuv');
    expect(names.sort()).toEqual([
      'libLerc',
      'libdeflate',
      'libjbig',
      'libjpeg',
      'liblzma',
      'libpng16',
      'libtiff',
      'libwebp',
      'libwebpdemux',
      'libz',
      'libzstd',
    ]);
    for (const name of libraries)
      expect(
        readFileSync(join(installed, 'prebuilds', 'linux-x64', 'notices', `${name}.txt`), 'utf8'),
      ).toMatch(/copyright/i);
  });

  test('brings the CUDA part, which alone needs the CUDA half of LibTorch', () => {
    const parts = shippedFiles().filter((file) => basename(file).startsWith('torchwing'));
    const needing = parts.filter((file) =>
      inScript<string[]>('shared-libraries.mjs', `return m.neededLibraries(${JSON.stringify(file)});`).some(
        (soname) => /cuda/.test(soname),
      ),
    );
    // A release is built on the CUDA build; on a CPU build there is no such part.
    const wanted = findLibTorch().backend === 'cuda' ? 1 : 0;
    expect(parts).toHaveLength(2 + wanted);
    expect(needing.map((file) => basename(file).replace(/lt\d+/, 'lt'))).toEqual(
      wanted === 1 ? ['torchwing_cuda.lt.so'] : [],
    );
  });

  test('tells nobody where it was built', () => {
    const places = [root, homedir(), libtorch];
    for (const file of shippedFiles()) {
      expect(inspect(file).searchPaths.filter((path) => path !== '$ORIGIN')).toEqual([]);
      const content = readFileSync(file);
      expect({ file, leaked: places.filter((place) => content.includes(`${place}/`)) }).toEqual({
        file,
        leaked: [],
      });
    }
  });

  test('runs on the glibc of a release', () => {
    const versions = shippedFiles().map((file) => inspect(file).glibc);
    const needed = versions.sort(byVersion).at(-1) as string;
    process.stderr.write(`the shipped files need glibc ${needed}\n`);
    const here = currentPlatform().glibc as string;
    const most = byVersion(here, RELEASE_GLIBC) > 0 ? here : GLIBC_OF_A_RELEASE;
    expect({ needed, fits: byVersion(needed, most) <= 0 }).toEqual({ needed, fits: true });
  });
});

describe('in an empty project, without compiler and Python', () => {
  const exported = "console.log(Object.keys(T).sort().join(' '))";

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
    const draw = `
      const { writeInsects } = require(${JSON.stringify(join(installed, 'dist', 'demo', 'write-insects.js'))});
      const options = { seed: 1, size: 48, perClass: { train: 4, val: 2 } };
      writeInsects('photos', options).then(() => {
        const maps = require('node:fs').readFileSync('/proc/self/maps', 'utf8');
        const files = new Set(maps.match(/\\/\\S*lib(jpeg|png16|z)\\.so\\S*/g));
        console.log(JSON.stringify([...files].sort()));
      });`;
    const drawn = run('node', ['-e', draw]);
    expect({ status: drawn.status, errors: drawn.errors }).toEqual({ status: 0, errors: '' });
    // The shipped libraries win over the system's.
    const mapped = JSON.parse(drawn.output) as string[];
    for (const library of ['libjpeg', 'libpng16'])
      expect(mapped.filter((file) => file.includes(library)).map((file) => dirname(file))).toEqual([
        join(realpathSync(installed), 'prebuilds', 'linux-x64'),
      ]);

    const program = join(installed, 'dist', 'train.js');
    const { status, output, errors } = run('node', [
      program,
      ...'--data photos --weights none --epochs 1 --image-size 32 --output run'.split(' '),
    ]);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toContain('Training complete');
    expect(readdirSync(join(project, 'run'))).toEqual(
      expect.arrayContaining(['best.pth', 'last.pth', 'config.json', 'metrics.jsonl']),
    );
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
