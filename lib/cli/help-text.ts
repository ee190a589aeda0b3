import type { CommandHelp, Flag } from './flags';

/** Column of the explanations, and the width that lines keep to. */
const INDENT = 26;
const WIDTH = 100;

/** `torchwing <command> --help`. */
export function helpText(command: CommandHelp): string {
  const flags = Object.entries(command.flags).flatMap(([name, flag]) => flagLines(name, flag));
  const examples = command.examples.map((line) => `  ${line}`);
  return [
    `${command.summary}`,
    '',
    `Usage: torchwing ${command.usage}`,
    '',
    'Flags:',
    ...flags,
    ...(examples.length > 0 ? ['', 'Examples:', ...examples] : []),
    '',
  ].join('\n');
}

/** A flag as it is written: its name and what stands for its value. */
export function flagSyntax(name: string, flag: Flag): string {
  if (flag.kind === 'boolean') return `--${name}`;
  const value =
    flag.value ??
    (flag.kind === 'choice'
      ? flag.choices.join('|')
      : flag.kind === 'text'
        ? 'TEXT'
        : flag.kind === 'integer'
          ? 'N'
          : 'X');
  return `--${name} ${value}`;
}

function flagLines(name: string, flag: Flag): string[] {
  const syntax = `  ${flagSyntax(name, flag)}`;
  const explanation = flag.fallback === undefined ? flag.help : `${flag.help} (default: ${flag.fallback})`;
  const [first = '', ...rest] = wrap(explanation, WIDTH - INDENT);
  const blank = ' '.repeat(INDENT);
  const lines = syntax.length < INDENT - 1 ? [syntax.padEnd(INDENT) + first] : [syntax, blank + first];
  return [...lines, ...rest.map((line) => blank + line)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
