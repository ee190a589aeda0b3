import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TorchwingError } from '../../lib/native/errors';
import { setupLibTorch } from '../../lib/setup/setup-libtorch';
import { nvidiaRequirements, torchRequirements } from '../../lib/setup/wheel-metadata';

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchwing-setup-'));
  said = [];
  // No index is asked in a test.
  jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('offline'));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const METADATA = `Metadata-Version: 2.4
Name: torch
Requires-Dist: filelock
Requires-Dist: cuda-toolkit[cublas,cudart,cupti]==13.0.3; platform_system == "Linux"
Requires-Dist: nvidia-cudnn-cu13==9.20.0.48; platform_system == "Linux"
Requires-Dist: optree>=0.13.0; extra == "optree"
`;

/**
 * A stand-in for Python: its pip writes the files of a tiny torch wheel into --target and logs its arguments. `torch`
 * says how the wheel's own installation ends.
 */
function fakePython(torch: 'works' | 'fails' | 'hangs' = 'works', pip = true): NodeJS.ProcessEnv {
  const log = join(folder, 'pip.log');
  // A process of pip's own writes on for a while, whatever becomes of pip.
  const writes = '(for i in $(seq 100); do mkdir -p $target/torch/lib; sleep 0.02; done) &';
  const endings = { works: '', fails: 'exit 1', hangs: `${writes}\n    exec sleep 60` };
  const script = `#!/bin/sh
[ "$3" = --version ] && ${pip ? 'exit 0' : 'exit 1'}
echo "$@" >> ${log}
while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; last=$1; shift; done
case $last in
  torch==*)
    mkdir -p $target/torch/lib $target/torch/include $target/torch/nn $target/torch-2.13.0.dist-info
    ${endings[torch]}
    touch $target/torch/lib/libc10.so $target/torch/lib/libtorch_cpu.so $target/torch/lib/libtorch_cuda.so
    touch $target/torch/lib/libtorch_python.so $target/torch/nn/__init__.py
    echo "__version__ = '2.13.0'" > $target/torch/version.py
    cp ${join(folder, 'METADATA')} $target/torch-2.13.0.dist-info/METADATA;;
  *) mkdir -p $target/nvidia/cu13/lib;;
esac
`;
  writeFileSync(join(folder, 'METADATA'), METADATA);
  writeFileSync(join(folder, 'python3'), script);
  chmodSync(join(folder, 'python3'), 0o755);
  return {
    PATH: process.env['PATH'],
    PYTHON: join(folder, 'python3'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    VIRTUAL_ENV: join(folder, 'none'),
  };
}

const managed = () => join(folder, 'cache', 'torchwing', 'libtorch');
const plenty = async () => 1e12;
const say = (line: string) => void said.push(line);

function setup(environment: NodeJS.ProcessEnv, extra: Partial<Parameters<typeof setupLibTorch>[0]> = {}) {
  // A torch of the Python on PATH must not be found in its stead.
  return setupLibTorch({
    environment,
    say,
    freeBytes: plenty,
    driverSeen: () => false,
    force: true,
    ...extra,
  });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('expected a failure');
    },
    (error: unknown) => error,
  );
}

test('installs the libraries, without Python and CUDA files, and says what it brings and where', async () => {
  const { libtorch, installed } = await setup(fakePython());
  const root = join(managed(), '2.13.0-cpu', 'torch');
  expect({ libtorch, installed }).toEqual({
    libtorch: { root, version: '2.13.0', backend: 'cpu', source: 'cache' },
    installed: true,
  });
  expect(readdirSync(root).sort()).toEqual(['include', 'lib', 'version.py']);
  expect(readdirSync(join(root, 'lib')).sort()).toEqual(['libc10.so', 'libtorch_cpu.so']);
  expect(readdirSync(managed())).toEqual(['2.13.0-cpu']);
  expect(said.join('\n')).toMatch(/about 0\.6 GB.*\n.*2\.13\.0-cpu/);
});

test('takes of CUDA only what the CPU half is linked to, or all of it', async () => {
  const environment = fakePython();
  await setup(environment);
  expect(readFileSync(join(folder, 'pip.log'), 'utf8')).toMatch(/cuda-toolkit\[cudart,cupti\]==13\.0\.3\n/);
  const { libtorch } = await setup(environment, { backend: 'cuda' });
  expect(libtorch.backend).toBe('cuda');
  expect(readFileSync(join(folder, 'pip.log'), 'utf8')).toContain(
    'cuda-toolkit[cublas,cudart,cupti,crt,cccl]==13.0.3 nvidia-cudnn-cu13==9.20.0.48',
  );
});

test('finds what an earlier set-up brought', async () => {
  const environment = fakePython();
  await setup(environment);
  expect(await setup(environment, { force: false })).toMatchObject({ installed: false });
});

test('a pip that fails leaves nothing behind, and the next attempt works', async () => {
  const error = await failure(setup(fakePython('fails')));
  expect(error).toMatchObject({ code: 'SETUP_FAILED' });
  expect(readdirSync(managed())).toEqual([]);
  await setup(fakePython('works'));
  expect(existsSync(join(managed(), '2.13.0-cpu'))).toBe(true);
});

test('an interrupted download leaves nothing behind', async () => {
  const controller = new AbortController();
  const reason = new Error('interrupted');
  const running = failure(setup(fakePython('hangs'), { signal: controller.signal }));
  while (!existsSync(join(folder, 'pip.log'))) await new Promise((resolve) => setTimeout(resolve, 20));
  controller.abort(reason);
  expect(await running).toBe(reason);
  expect(readdirSync(managed())).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(readdirSync(managed())).toEqual([]);
});

test('without pip it says which line brings it', async () => {
  const error = await failure(setup(fakePython('works', false)));
  expect(error).toBeInstanceOf(TorchwingError);
  expect(error).toMatchObject({
    code: 'SETUP_FAILED',
    hint: expect.stringContaining('apt-get install -y python3'),
  });
});

test('a full disk is refused before anything is downloaded', async () => {
  const error = await failure(setup(fakePython(), { freeBytes: async () => 1e9 }));
  expect(error).toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringContaining('1.0 GB free, expected at least 3 GB'),
  });
  expect(existsSync(join(folder, 'pip.log'))).toBe(false);
});

test('reads the requirements of a wheel without its extras', () => {
  mkdirSync(join(folder, 'torch-2.13.0.dist-info'));
  writeFileSync(join(folder, 'torch-2.13.0.dist-info', 'METADATA'), METADATA);
  const requirements = torchRequirements(folder);
  expect(requirements).toEqual([
    'filelock',
    'cuda-toolkit[cublas,cudart,cupti]==13.0.3',
    'nvidia-cudnn-cu13==9.20.0.48',
  ]);
  expect(nvidiaRequirements(['filelock'], 'cpu')).toEqual([]);
});

test("brings the headers of the part for CUDA graphs in the version of torch's own CUDA runtime", () => {
  const cuda = (line: string) => nvidiaRequirements([line], 'cuda');
  // The toolkit's extras pin nvidia-cuda-crt and nvidia-cuda-cccl to the release that its cudart is of.
  expect(cuda('cuda-toolkit[cudart,nvtx]==13.0.3')).toEqual(['cuda-toolkit[cudart,nvtx,crt,cccl]==13.0.3']);
  expect(cuda('cuda-toolkit[crt,cudart]==13.2.1')).toEqual(['cuda-toolkit[crt,cudart,cccl]==13.2.1']);
  expect(cuda('cuda-toolkit==13.0.3')).toEqual(['cuda-toolkit[crt,cccl]==13.0.3']);
  expect(cuda('nvidia-nccl-cu13==2.29.7')).toEqual(['nvidia-nccl-cu13==2.29.7']);
  expect(nvidiaRequirements(['cuda-toolkit[cudart,cublas]==13.0.3'], 'cpu')).toEqual([
    'cuda-toolkit[cudart,cupti]==13.0.3',
  ]);
});
