import { readFileSync } from 'node:fs';
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

const { CLOCKED } = require('../clocked-fields.cjs') as { CLOCKED: string[] };

/** The phaseEnd and epochEnd lines of a run's metrics.jsonl, without what no run repeats. */
export function figuresOf(folder: string): { runId: string; [field: string]: unknown }[] {
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row, (key, value) => (CLOCKED.includes(key) ? undefined : value)))
    .filter(({ type }) => type === 'phaseEnd' || type === 'epochEnd');
}

export const { quickFolder } = require('./quick-folder.cjs') as { quickFolder: () => string };
