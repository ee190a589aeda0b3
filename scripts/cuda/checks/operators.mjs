/** The native program that computes each kind of operator of a step on both devices. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { scientific } from '../training.mjs';

const require = createRequire(import.meta.url);

export async function check({ device }) {
  const { findLibTorch } = require('../../../dist/native/libtorch.js');
  const build = [
    '--build',
    'build',
    '--target',
    'torchwing_operator_parity',
    '-j',
    `${availableParallelism()}`,
  ];
  execFileSync('cmake', build, { stdio: ['ignore', 2, 2] });
  const library = device === 'cpu' ? [] : [path.join(findLibTorch().root, 'lib', 'libtorch_cuda.so')];
  const { status, stdout, stderr } = spawnSync('build/torchwing_operator_parity', [device, ...library], {
    encoding: 'utf8',
  });
  const groups = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return {
    passed: status === 0 && groups.length > 0 && groups.every(({ passed }) => passed),
    notes: [
      'The largest difference of results and gradients, relative to the largest value; TF32 off. A tolerance of 0 means: to the bit.',
      ...(status === 0 ? [] : [`The program ended with ${status}: ${stderr.trim()}`]),
    ],
    tables: [
      {
        head: ['operators', 'difference', 'tolerance', ''],
        rows: groups.map(({ group, difference, tolerance, passed }) => [
          group,
          scientific(difference),
          scientific(tolerance),
          passed ? 'passed' : 'FAILED',
        ]),
      },
    ],
  };
}
