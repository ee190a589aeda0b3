import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateDict, weightsSha256 } from 'torchwing';

/** "The SHA-256 of the weights" in a file. */
export async function shaOf(file: string): Promise<string> {
  const state = await StateDict.read(file);
  try {
    return await weightsSha256(state);
  } finally {
    state.dispose();
  }
}

/** Fields that a clock, the stages' costs or the machine's memory decide. */
const CLOCKED = ['time', 'seconds', 'imagesPerSecond', 'costs', 'cache'];

/** The phaseEnd and epochEnd lines of a run's metrics.jsonl, without what no run repeats. */
export function figuresOf(folder: string): { runId: string; [field: string]: unknown }[] {
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row, (key, value) => (CLOCKED.includes(key) ? undefined : value)))
    .filter(({ type }) => type === 'phaseEnd' || type === 'epochEnd');
}

const ROOM = 2 ** 31;

/** A folder for many large files: memory where there is enough, since a disk makes each checkpoint wait for it. */
export function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > ROOM ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}
