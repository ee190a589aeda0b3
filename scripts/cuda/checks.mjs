/**
 * The checks of `npm run test:cuda`, in the order in which they are run: each is scripts/cuda/checks/NAME.mjs, whose
 * `check(context)` runs in a process of its own. `minutes`: after which it is ended. `env`: of that process.
 */

/** Products of float32 numbers as such: what is held against the CPU's must not be rounded to TF32 first. */
const FULL_FLOAT32 = { NVIDIA_TF32_OVERRIDE: '0' };

export const CHECKS = [
  { name: 'operators', title: 'Operators, group by group, against the CPU', minutes: 15, env: FULL_FLOAT32 },
  { name: 'five-steps', title: 'Five training steps against the CPU', minutes: 15, env: FULL_FLOAT32 },
  { name: 'repeatability', title: 'The same run twice', minutes: 15 },
  { name: 'graph', title: 'CUDA graphs against steps operation by operation', minutes: 15 },
  { name: 'precision', title: 'Precision', minutes: 30 },
  { name: 'accuracy', title: "The tutorial's two scenarios", minutes: 60 },
  { name: 'leaks', title: 'What a process holds after many epochs and fits', minutes: 60 },
  { name: 'exits', title: 'Ends of the process in the midst of work', minutes: 60 },
  { name: 'throughput', title: 'Speed', minutes: 60 },
];
