/** clang-format over native/: checks, or with --write mends. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const files = readdirSync('native', { recursive: true })
  .filter((name) => /\.(h|cc)$/.test(name))
  .map((name) => path.join('native', name));
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync('clang-format', [...mode, ...files], { stdio: 'inherit' });
if (error) {
  console.error('clang-format is missing. Type: sudo apt-get install -y clang-format');
  process.exitCode = 4;
} else {
  process.exitCode = status ?? 1;
}
