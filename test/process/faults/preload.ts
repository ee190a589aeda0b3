import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { ORDER_SIZE } = require('./order.cjs') as { ORDER_SIZE: number };

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
