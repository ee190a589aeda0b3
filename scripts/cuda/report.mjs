/** The report of `npm run test:cuda` in Markdown. */

const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;

function table({ head, rows }) {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** In one word how a check ended, and why where that needs saying. */
export function verdict(result) {
  if (result.notRun !== undefined) return `not run: ${result.notRun}`;
  if (result.failure !== undefined) return `FAILED: ${result.failure}`;
  return result.passed ? 'passed' : 'FAILED';
}

/** Exit code of the whole: 1 for a failure, 5 for what could not be run, else 0. */
export function exitCode(results) {
  if (results.some((result) => result.notRun === undefined && result.passed !== true)) return 1;
  return results.some((result) => result.notRun !== undefined) ? 5 : 0;
}

function section({ title, result }) {
  const parts = [`## ${title}`, ''];
  parts.push(
    `${verdict(result)}${result.seconds === undefined ? '' : ` (${result.seconds.toFixed(0)} s)`}`,
    '',
  );
  for (const note of result.notes ?? []) parts.push(note, '');
  for (const one of result.tables ?? []) parts.push(table(one), '');
  return parts.join('\n');
}

/**
 * @param checks `{ name, title, result }` in their order
 * @param facts lines of `[what, value]` about machine and versions
 * @param dry whether the CPU stood in for the device
 */
export function report({ checks, facts, dry, date }) {
  const warning =
    'This is a **dry run**: the CPU was held against the CPU, to see that the checks themselves run. It proves nothing of CUDA.';
  return [
    dry ? '# Dry run of the CUDA checks, on the CPU' : '# CUDA checks',
    '',
    ...(dry ? [warning, ''] : []),
    `Written by \`npm run test:cuda\` on ${date}.`,
    '',
    table({ head: ['', ''], rows: facts }),
    '',
    table({ head: ['check', 'result'], rows: checks.map(({ title, result }) => [title, verdict(result)]) }),
    '',
    ...checks.map(section),
  ].join('\n');
}
