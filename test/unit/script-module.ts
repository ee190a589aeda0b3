import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

export const root = resolve(__dirname, '..', '..');

/**
 * Runs `body`, whose last statement returns a value for JSON, with the exports of scripts/`module` in scope as `m`, in a
 * process of its own: Jest cannot load ES modules.
 */
export function inScript<Result>(module: string, body: string, cwd = root): Result {
  const program = `
    import * as m from ${JSON.stringify(join(root, 'scripts', module))};
    const result = await (async () => { ${body} })();
    console.log(JSON.stringify(result));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd,
    encoding: 'utf8',
  });
  return JSON.parse(output.slice(output.trimEnd().lastIndexOf('\n') + 1)) as Result;
}
