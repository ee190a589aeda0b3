/** The memory figures of each phase on the device, held against one another. */
import { train, trainPhases, valPhases } from '../training.mjs';

const mib = (bytes) => (bytes === null ? 'unknown' : `${(bytes / 2 ** 20).toFixed(0)} MiB`);

/** Whether the figures of a phase can be true. On the CPU there are none of a device. */
function sound({ resident, device }, dry) {
  if (!(resident > 0)) return false;
  if (dry || device === null) return dry && device === null;
  const { allocated, maxAllocated, reserved, maxReserved } = device;
  return allocated > 0 && maxAllocated > allocated && reserved >= allocated && maxReserved >= maxAllocated;
}

export async function check(context) {
  const run = await train(context, { images: 32, batch: 8, epochs: 2 });
  const most = (phases) => Math.max(...phases.map(({ memory }) => memory.device?.maxAllocated ?? 0));
  // Validation keeps nothing for a backward pass: its peak is its own only when it was reset.
  const smaller = context.dry || most(valPhases(run)) < most(trainPhases(run));
  const rows = run.phases.map(({ phase, epoch, memory }) => {
    const { allocated, maxAllocated, reserved, maxReserved } = memory.device ?? {};
    const cells = [memory.resident, allocated, maxAllocated, reserved, maxReserved];
    const passed = sound(memory, context.dry) && smaller;
    return [`${phase} ${epoch}`, ...cells.map((bytes) => mib(bytes ?? null)), passed ? 'passed' : 'FAILED'];
  });
  const head = ['phase', 'resident', 'allocated', 'most allocated', 'reserved', 'most reserved', ''];
  return {
    passed: rows.every((row) => row.at(-1) === 'passed'),
    notes: ["Figures of `phaseEnd`: the process's, and those of the device's allocator."],
    tables: [{ head, rows }],
  };
}
