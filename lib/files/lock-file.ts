import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { holdFile } from './left-behind';

/** Who holds a lock: a JavaScript thread, since a worker can end before its process does. */
export interface LockOwner {
  pid: number;
  /** The kernel's number of the thread; that of the main thread is `pid`. */
  tid: number;
  /** When that thread started, in the kernel's ticks: a number is used again. */
  startTicks: string;
  /** Of this start of the machine. */
  bootId: string;
  host: string;
  token: string;
}

/** A lock that was taken, or who has it: null for somebody who is just writing it. */
export type LockAttempt = { release: () => Promise<void> } | { owner: LockOwner | null };

/**
 * Takes the lock file `path`, unless another one holds it. A lock whose process or worker is gone is taken over; one of another
 * machine (a shared disk) cannot be asked and counts as held.
 * @throws the system's error when the file cannot be written
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const mine: LockOwner = { ...(await thisThread()), token: randomUUID() };
  const text = JSON.stringify(mine);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const release = holdFile(path, text);
      return { release: async () => release() };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = await readFile(path, 'utf8').catch(() => null);
    // Gone in between: try again.
    if (found === null) continue;
    const owner = parse(found);
    if (owner === null || (await mayBeAlive(owner))) return { owner };
    await removeStale(path, found);
  }
  return { owner: null };
}

/** How messages call the owner of a lock. */
export function nameOfOwner(owner: LockOwner | null): string {
  return owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
}

/** Moves the stale lock aside first: of two processes that saw it, only one can have moved that very file. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    // The other process was faster; the next attempt meets its lock.
    return;
  }
  if ((await readFile(aside, 'utf8')) === stale) return rm(aside, { force: true });
  // It was the other process's new lock: give it back.
  await rename(aside, path);
}

/** Whether the owner may still run. */
async function mayBeAlive(owner: LockOwner): Promise<boolean> {
  if (owner.host !== hostname()) return true;
  if (owner.bootId !== (await bootId())) return false;
  const ticks = await startTicks(owner);
  return ticks !== null && ticks === owner.startTicks;
}

async function thisThread(): Promise<Omit<LockOwner, 'token'>> {
  const { pid } = process;
  const tid = threadNumber();
  return {
    pid,
    tid,
    startTicks: (await startTicks({ pid, tid })) ?? '',
    bootId: await bootId(),
    host: hostname(),
  };
}

/** Synchronous, for an asynchronous read is another thread's. */
function threadNumber(): number {
  try {
    // <pid>/task/<tid>
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return process.pid;
  }
}

/** Field 22 of the thread's stat; the second field, its name, may itself hold spaces and parentheses. */
async function startTicks({ pid, tid }: Pick<LockOwner, 'pid' | 'tid'>): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/task/${tid}/stat`, 'utf8').catch(() => null);
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

function parse(text: string): LockOwner | null {
  try {
    const owner: Partial<LockOwner> = JSON.parse(text);
    if (typeof owner.pid !== 'number' || typeof owner.host !== 'string') return null;
    // Earlier versions named the process alone.
    return { tid: owner.pid, ...owner } as LockOwner;
  } catch {
    // Half-written, so being written right now.
    return null;
  }
}
