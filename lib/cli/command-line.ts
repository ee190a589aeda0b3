import { join, relative, sep } from 'node:path';

/**
 * A command line of this program that the user can paste where they are: by npx when it is an installed package, by
 * node and the path in a checkout.
 * @param words arguments, quoted where a shell needs it
 */
export function commandLine(...words: string[]): string {
  return [...program(join(__dirname, 'main.js'), process.cwd()), ...words].map(shellWord).join(' ');
}

/** The words that start the program whose main file is `main`, from the folder `cwd`. */
export function program(main: string, cwd: string): string[] {
  if (main.split(sep).includes('node_modules')) return ['npx', 'torchwing'];
  const path = relative(cwd, main);
  return ['node', path.startsWith('..') ? main : path];
}

/** A word as a POSIX shell takes it for one word. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
