/** What the report says of machine and versions, and whether there is a device to check. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { outputOf } from '../setup/run.mjs';

/** In a process of its own: the parent of the checks maps no LibTorch. */
const QUESTION = `
  const { cuda, version } = require('./dist/index.js');
  Promise.all([cuda.status(), version()]).then(([status, versions]) =>
    process.stdout.write(JSON.stringify({ status, versions })));`;

/** `{ status, versions }`: cuda.status() and version() of the build in dist/. */
export function askTorchwing() {
  return JSON.parse(execFileSync(process.execPath, ['-e', QUESTION], { encoding: 'utf8' }));
}

/** Why `device` cannot be checked; null when it can. */
export function whyNotRun(device, status) {
  if (device === 'cpu') return null;
  if (!status.available) return status.whyNot;
  const present = status.devices.map(({ index }) => `cuda:${index}`);
  return present.includes(device) ? null : `there is no ${device}, only ${present.join(', ')}`;
}

/** The device's name as a part of a file's name. */
export function slug(name) {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

export function facts(device, { status, versions }) {
  const found = status.devices.find(({ index }) => device === `cuda:${index}`);
  const driver = outputOf('nvidia-smi', ['--query-gpu=driver_version', '--format=csv,noheader']);
  return [
    ['device', found === undefined ? device : `${found.name}, compute capability ${found.capability}`],
    ...(found === undefined ? [] : [['device memory', `${(found.totalMemory / 2 ** 30).toFixed(1)} GiB`]]),
    ...(driver === null ? [] : [['driver', driver.split('\n')[0]]]),
    ['CPU', `${cpus()[0]?.model}, ${availableParallelism()} cores`],
    ['LibTorch', versions.libtorch ?? versions.builtFor],
    ['torchwing', versions.addon],
    ['Node.js', process.versions.node],
  ];
}
