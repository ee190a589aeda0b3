/**
 * The checks of `npm run test:cuda`, in the order in which they are run: each is scripts/cuda/checks/NAME.mjs, whose
 * `check(context)` runs in a process of its own. `minutes`: after which it is ended. `env`: of that process.
 */

/** Products of float32 numbers as such: what is held against the CPU's must not be rounded to TF32 first. */
const FULL_FLOAT32 = { NVIDIA_TF32_OVERRIDE: '0' };
/** Without it a session with `deterministic` is refused on CUDA, which a dry run does not see. */
const FIXED_WORKSPACE = { CUBLAS_WORKSPACE_CONFIG: ':4096:8' };

export const CHECKS = [
  { name: 'operators', title: 'Operators, group by group, against the CPU', minutes: 15, env: FULL_FLOAT32 },
  {
    name: 'layers',
    title: 'One step in channels_last order and in 16 bits against the CPU',
    minutes: 15,
    env: FULL_FLOAT32,
  },
  { name: 'loss-scaler', title: 'Loss scaling, to the bit', minutes: 15 },
  { name: 'five-steps', title: 'Five training steps against the CPU', minutes: 15, env: FULL_FLOAT32 },
  { name: 'repeatability', title: 'The same run twice', minutes: 15, env: FIXED_WORKSPACE },
  {
    name: 'graph',
    title: 'CUDA graphs against steps operation by operation',
    minutes: 30,
    env: FIXED_WORKSPACE,
  },
  { name: 'precision', title: 'Precision', minutes: 30 },
  { name: 'bad-loss', title: 'A loss that is not finite', minutes: 15, env: FIXED_WORKSPACE },
  { name: 'memory', title: 'Memory figures of the phases', minutes: 15 },
  { name: 'out-of-memory', title: 'A batch too large for the device', minutes: 15 },
  { name: 'accuracy', title: "The tutorial's two scenarios", minutes: 60 },
  { name: 'leaks', title: 'What a process holds after many epochs and fits', minutes: 90 },
  { name: 'exits', title: 'Ends of the process in the midst of work', minutes: 75 },
  { name: 'throughput', title: 'Speed', minutes: 60 },
];
