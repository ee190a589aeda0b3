/** Checks sources against one LibTorch's headers without making anything of them. */
import { spawn } from 'node:child_process';

/** Output of a compiler that found something: what it says first is the cause of the rest. */
const LINES_KEPT = 20;

function compileOne(file, flags) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.env.CXX ?? 'c++', [...flags, '-fsyntax-only', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const ended = signal === null ? code : signal;
      resolve({ file, passed: ended === 0, output: output.split('\n').slice(0, LINES_KEPT).join('\n') });
    });
  });
}

/**
 * Every file, `jobs` at a time, in order of completion to `onResult`.
 * @returns `{ file, passed, output }` of each; `output` are the compiler's first lines
 */
export async function compileAll(files, flags, jobs, onResult) {
  const waiting = [...files];
  const results = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await compileOne(file, flags);
      results.push(result);
      onResult(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}
