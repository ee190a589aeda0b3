import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunPosition } from './run-state';

type Place = Pick<RunPosition, 'epoch' | 'phase' | 'step'>;

const NAME = /^checkpoint-(\d{4,})-(train|val)-(\d{6,})\.pth$/;

/** `checkpoint-<epoch>-<phase>-<step>.pth`, of the step that a run would go on with. */
export function checkpointName({ epoch, phase, step }: Place): string {
  return `checkpoint-${String(epoch).padStart(4, '0')}-${phase}-${String(step).padStart(6, '0')}.pth`;
}

export function isCheckpointName(name: string): boolean {
  return NAME.test(name);
}

/** The names of a folder's checkpoints, the one that is furthest in its run first. */
export async function checkpointsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(isCheckpointName);
  return names.sort((a, b) => compare(orderOf(b), orderOf(a)));
}

/** Those that are further than the checkpoint `name`, which need not be there. */
export async function checkpointsBehind(folder: string, name: string): Promise<string[]> {
  const order = orderOf(name);
  return (await checkpointsIn(folder)).filter((other) => compare(orderOf(other), order) > 0);
}

function orderOf(name: string): number[] {
  const [, epoch, phase, step] = NAME.exec(name) ?? [];
  return [Number(epoch), phase === 'val' ? 1 : 0, Number(step)];
}

/** The path of the checkpoint in `folder` that a resumed run would try first; null without one. */
export async function latestCheckpoint(folder: string): Promise<string | null> {
  const [latest] = await checkpointsIn(folder).catch(() => []);
  return latest === undefined ? null : join(folder, latest);
}

/** Removes checkpoints by name; one that is gone already is none. */
export async function removeCheckpoints(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { force: true });
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
