import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What this process may still take, and who says so. */
export interface MemoryRoom {
  bytes: number;
  /** `the machine's memory`, or the control group's file. */
  limit: string;
  /** The limit itself. */
  of: number;
}

/** A version 1 group without a limit says so by one that no machine has. */
const NO_LIMIT = 2 ** 60;

/**
 * The tightest of what the machine has left and what each control group of this process leaves, from its own up to the
 * root; files that can be dropped count as free, and so does swap. Null where neither can be told.
 * @param root in whose `proc` and `sys` to look
 */
export function memoryRoom(root = '/'): MemoryRoom | null {
  const at = (...parts: string[]) => join(root, ...parts);
  const machine = machineRoom(at('proc/meminfo'));
  const swap = machine?.swap ?? 0;
  const rooms = machine === null ? [] : [machine.room];
  for (const line of (text(at('proc/self/cgroup')) ?? '').split('\n')) {
    const [, id, controllers = '', path = ''] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (id === '0' && controllers === '') rooms.push(...groups(at('sys/fs/cgroup'), path, unified, swap));
    if (controllers.split(',').includes('memory'))
      rooms.push(...groups(at('sys/fs/cgroup/memory'), path, version1, swap));
  }
  return rooms.reduce<MemoryRoom | null>(
    (tightest, room) => (tightest === null || room.bytes < tightest.bytes ? room : tightest),
    null,
  );
}

function machineRoom(file: string): { room: MemoryRoom; swap: number } | null {
  const fields = text(file) ?? '';
  const bytes = (name: string) => {
    const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(fields) ?? [];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  };
  const available = bytes('MemAvailable');
  if (available === null) return null;
  const swap = bytes('SwapFree') ?? 0;
  return {
    room: { bytes: available + swap, limit: "the machine's memory", of: bytes('MemTotal') ?? available },
    swap,
  };
}

/** How a version of control groups names what a group may take and takes. */
type ReadGroup = (folder: string, swap: number) => MemoryRoom | null;

const unified: ReadGroup = (folder, swap) => {
  const limit = number(join(folder, 'memory.max'));
  if (limit === null) return null;
  const used = number(join(folder, 'memory.current')) ?? 0;
  const swapLimit = number(join(folder, 'memory.swap.max')) ?? swap;
  const swapLeft = swapLimit - (number(join(folder, 'memory.swap.current')) ?? 0);
  const bytes = limit - used + droppable(folder, 'inactive_file') + Math.max(0, Math.min(swap, swapLeft));
  return { bytes, limit: join(folder, 'memory.max'), of: limit };
};

const version1: ReadGroup = (folder) => {
  const file = join(folder, 'memory.limit_in_bytes');
  const limit = number(file);
  if (limit === null || limit >= NO_LIMIT) return null;
  const used = number(join(folder, 'memory.usage_in_bytes')) ?? 0;
  return { bytes: limit - used + droppable(folder, 'total_inactive_file'), limit: file, of: limit };
};

/** Rooms of the group `path` and of those around it. In a container the path may be the host's, and only the root is there. */
function groups(mount: string, path: string, read: ReadGroup, swap: number): MemoryRoom[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return parts
    .map((_, depth) => join(mount, ...parts.slice(0, depth + 1)))
    .concat(mount)
    .flatMap((folder) => read(folder, swap) ?? []);
}

function droppable(folder: string, name: string): number {
  const [, bytes = '0'] =
    new RegExp(`^${name} (\\d+)$`, 'm').exec(text(join(folder, 'memory.stat')) ?? '') ?? [];
  return Number(bytes);
}

/** Null for a file that is not there, and for `max`. */
function number(file: string): number | null {
  const digits = text(file)?.trim();
  return digits !== undefined && /^\d+$/.test(digits) ? Number(digits) : null;
}

function text(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // a kernel or a container without it
  }
}
