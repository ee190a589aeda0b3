/** The headers of one LibTorch minor version, brought by pip as a wheel of which nothing else is kept. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { run, StepFailure } from '../setup/run.mjs';

const python = process.env.PYTHON ?? 'python3';

/** Beside the product's own cache: half a gigabyte is not fetched twice. */
const cache = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
  'torchwing',
  'libtorch-headers',
);

/** Takes `torch/include` and the version out of the wheel, 40 MB of 530. */
const UNPACK = `
import sys, zipfile
wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    names = [n for n in archive.namelist() if n.startswith("torch/include/") or n == "torch/version.py"]
    archive.extractall(target, names)
`;

function fetchHeaders(minor, folder) {
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(path.join(cache, `${minor}-part-`));
  try {
    const pip = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-cache-dir', '--no-deps'];
    run(python, [...pip, '--only-binary=:all:', '--dest', staging, `torch==${minor}.*`], {
      env: { ...process.env, TMPDIR: staging },
    });
    const wheel = readdirSync(staging).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new StepFailure(`pip brought no wheel of torch ${minor}.`);
    run(python, ['-c', UNPACK, path.join(staging, wheel), path.join(staging, 'unpacked')], { quiet: true });
    renameSync(path.join(staging, 'unpacked', 'torch'), folder);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** `{ version, include }`: fetched on the first call, with pip's own progress on this terminal. */
export function headersOf(minor) {
  const folder = path.join(cache, minor);
  if (!existsSync(folder)) fetchHeaders(minor, folder);
  const version = /__version__ = '([^']+)'/.exec(readFileSync(path.join(folder, 'version.py'), 'utf8'))?.[1];
  return { version, include: path.join(folder, 'include') };
}
