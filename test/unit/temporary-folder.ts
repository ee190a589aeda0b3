import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const made: string[] = [];

/** A new folder under the system's temporary one, with empty files at the given relative paths. */
export function temporaryFolder(files: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'torchwing-test-'));
  made.push(folder);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

/** Ants against bees, `count` empty image files per class and phase. */
export function antsAndBees(count: number): string {
  const numbers = Array.from({ length: count }, (_, at) => String(at).padStart(3, '0'));
  return temporaryFolder(
    ['train', 'val'].flatMap((phase) =>
      ['ants', 'bees'].flatMap((name) => numbers.map((number) => `${phase}/${name}/${number}.jpg`)),
    ),
  );
}

/** For afterAll. */
export function removeTemporaryFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<{ code?: string; message?: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code?: string; message?: string; hint?: string };
  }
  throw new Error('Expected a rejection.');
}
