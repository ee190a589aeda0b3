import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of `struct order` in faults.c. */
const ORDER_SIZE = 84;

/** Compiles test/process/faults/`name`.c to a library for LD_PRELOAD, in `folder`. */
export const { compilePreload } = require('./compile-preload.cjs') as {
  compilePreload: (name: 'faults' | 'memory' | 'stall', folder: string) => string;
};

/** What a process is started with so that its system calls fail as the order says; of no call yet. */
export function faultsEnvironment(folder: string): { order: string; env: NodeJS.ProcessEnv } {
  const order = join(folder, 'order');
  writeFileSync(order, Buffer.alloc(ORDER_SIZE));
  return { order, env: { LD_PRELOAD: compilePreload('faults', folder), TORCHWING_FAULTS: order } };
}
