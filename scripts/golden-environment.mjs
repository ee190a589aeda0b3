/**
 * The environment of everything that is held against golden values to the bit: they were made with AVX2 kernels, and ATen
 * draws normal numbers by another formula in its AVX-512 and plain ones. A machine with AVX-512 runs these too.
 */
export const goldenEnvironment = {
  ...process.env,
  ATEN_CPU_CAPABILITY: 'avx2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  // As the loader addon sets it: spinning OpenMP threads are twenty times slower beside any other process.
  OMP_WAIT_POLICY: process.env.OMP_WAIT_POLICY ?? 'PASSIVE',
};
