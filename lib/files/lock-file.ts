import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Who holds a lock. */
export interface LockOwner {
  pid: number;
  /** When that process started, in the kernel's ticks: a process id is used again. */
  startTicks: string;
  /** Of this start of the machine. */
  bootId: string;
  host: string;
  token: string;
}

/** A lock that was taken, or who has it: null for somebody who is just writing it. */
export type LockAttempt = { release: () => Promise<void> } | { owner: LockOwner | null };

/**
 * Takes the lock file `path`, unless another one holds it. A lock whose process is gone is taken over; one of another
 * machine (a shared disk) cannot be asked and counts as held.
 * @throws the system's error when the file cannot be written
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const mine: LockOwner = { ...(await thisProcess()), token: randomUUID() };
  const text = JSON.stringify(mine);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, text, { flag: 'wx' });
      return { release: () => rm(path, { force: true }) };
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
  const ticks = await startTicks(owner.pid);
  return ticks !== null && ticks === owner.startTicks;
}

async function thisProcess(): Promise<Omit<LockOwner, 'token'>> {
  return {
    pid: process.pid,
    startTicks: (await startTicks(process.pid)) ?? '',
    bootId: await bootId(),
    host: hostname(),
  };
}

/** Field 22 of /proc/<pid>/stat; the second field, the program's name, may itself hold spaces and parentheses. */
async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

function parse(text: string): LockOwner | null {
  try {
    const owner: Partial<LockOwner> = JSON.parse(text);
    return typeof owner.pid === 'number' && typeof owner.host === 'string' ? (owner as LockOwner) : null;
  } catch {
    // Half-written, so being written right now.
    return null;
  }
}
