import { parseArgs } from 'node:util';
import { TorchwingError } from '../native/errors';
import { parseFlagValue } from './flag-value';
import { type CommandHelp, type Flag, type FlagTable, type FlagValues, USAGE } from './flags';
import { nearest } from './nearest';

export interface ParsedArguments<Table extends FlagTable> {
  flags: FlagValues<Table>;
  positionals: string[];
}

/**
 * Reads a command's arguments by its flag table. `--flag value` and `--flag=value` are the same; of a flag given twice
 * the last wins; after `--` everything is a positional.
 * @throws TorchwingError USAGE for an unknown flag, a missing value, or a value of the wrong form
 */
export function parseArguments<const Table extends FlagTable>(
  command: Pick<CommandHelp<Table>, 'name' | 'flags'>,
  argv: readonly string[],
): ParsedArguments<Table> {
  const table: FlagTable = command.flags;
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(table).map(([name, { kind }]) => [
        name,
        { type: kind === 'boolean' ? ('boolean' as const) : ('string' as const) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (flag === undefined || !token.rawName.startsWith('--')) throw unknownFlag(command, token.rawName);
    flags[token.name] = readValue(token.name, flag, swallowedFlag(token) ? undefined : token.value);
  }
  return { flags: flags as FlagValues<Table>, positionals };
}

/** A command that takes no positionals got some. */
export function refusePositionals(command: string, positionals: readonly string[]): void {
  const [first] = positionals;
  if (first === undefined) return;
  throw new TorchwingError(
    USAGE,
    `Unexpected argument "${first}": torchwing ${command} takes flags only, for example --data ${first}.`,
    { hint: `Type torchwing ${command} --help for the list.` },
  );
}

/** parseArgs gives `--lr --json` the value `--json`; a value that looks like a flag must be joined by `=`, a negative number need not. */
function swallowedFlag(token: { value?: string | undefined; inlineValue?: boolean | undefined }): boolean {
  return token.inlineValue === false && /^-[^\d.]/.test(token.value ?? '');
}

function readValue(name: string, flag: Flag, value: string | undefined): unknown {
  if (flag.kind === 'boolean') {
    if (value === undefined) return true;
    throw new TorchwingError(
      USAGE,
      `Invalid value for "--${name}": received ${JSON.stringify(value)}, expected no value.`,
    );
  }
  return parseFlagValue(name, flag, value);
}

function unknownFlag(command: Pick<CommandHelp, 'name' | 'flags'>, rawName: string): TorchwingError {
  const match = nearest(rawName.replace(/^-+/, ''), Object.keys(command.flags));
  return new TorchwingError(USAGE, `Unknown flag "${rawName}" for torchwing ${command.name}.`, {
    hint:
      match === null
        ? `Type torchwing ${command.name} --help for the list.`
        : `Did you mean --${match}? Type torchwing ${command.name} --help for the list.`,
  });
}
