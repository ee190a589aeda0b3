/** What is compiled, and how: the flags of the CMake build that change what the headers mean. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { StepFailure } from '../setup/run.mjs';

const require = createRequire(import.meta.url);

/** The only folder whose sources need CUDA's headers. */
const CUDA_SOURCES = path.join('native', 'cuda');

const FOLDERS = [path.join('native', 'core'), path.join('native', 'binding'), CUDA_SOURCES];

export const needsCudaHeaders = (file) => file.startsWith(CUDA_SOURCES + path.sep);

export function sources() {
  return FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith('.cc'))
      .map((name) => path.join(folder, name))
      .sort(),
  );
}

/** CUDA's headers come as NVIDIA's wheels, beside the LibTorch that is built on; none when they are not there. */
export function cudaIncludes() {
  const { findLibTorch } = require('../../dist/native/libtorch.js');
  const include = path.join(findLibTorch().root, '..', 'nvidia', 'cu13', 'include');
  if (!existsSync(path.join(include, 'crt', 'host_config.h'))) return [];
  return [include, path.join(include, 'cccl')];
}

/** Flags for one LibTorch. */
export function flagsFor(libtorchInclude, cuda) {
  const headers = ['node-addon-api', 'node-api-headers/include'].map((name) =>
    path.join('node_modules', name),
  );
  const missing = headers.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new StepFailure(`${missing} is missing. Type: npm run setup`);
  const system = [libtorchInclude, path.join(libtorchInclude, 'torch/csrc/api/include'), ...cuda];
  return [
    ...['-std=c++20', '-Wall', '-Wextra', '-Inative', ...headers.map((folder) => `-I${folder}`)],
    ...system.map((folder) => `-isystem${folder}`),
    ...['-DNAPI_VERSION=8', '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL', '-DBUILDING_NODE_EXTENSION'],
    ...[
      '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      '-DTORCHWING_VERSION=""',
      '-DTORCHWING_LIBTORCH_VERSION=""',
    ],
  ];
}
