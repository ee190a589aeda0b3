import type { ErrorCode } from '../native/errors';

/** What a flag's value must look like. `integer` and `number` carry their own bounds; `boolean` takes no value. */
export type FlagKind =
  | { kind: 'boolean' }
  | { kind: 'text' }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'integer'; minimum: number; maximum?: number; also?: readonly string[] }
  /** Finite. `above` is an exclusive lower bound, `minimum` an inclusive one, `below` and `maximum` the upper ones. */
  | { kind: 'number'; above?: number; minimum?: number; below?: number; maximum?: number };

/** One flag. Parsing, `--help` and docs/cli.md are all made from it. */
export type Flag = FlagKind & {
  /** Stands for the value in the help, for example FILE. */
  value?: string;
  help: string;
  /** What holds without the flag, as the help shows it. */
  fallback?: string;
};

export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<Kind extends Flag> = Kind extends { kind: 'boolean' }
  ? boolean
  : Kind extends { kind: 'choice'; choices: readonly (infer Choice)[] }
    ? Choice
    : Kind extends { kind: 'integer'; also: readonly (infer Word)[] }
      ? number | Word
      : Kind extends { kind: 'integer' | 'number' }
        ? number
        : string;

/** The values that were given, by flag name; a flag that was not given is absent. */
export type FlagValues<Table extends FlagTable> = {
  -readonly [Name in keyof Table]?: FlagValue<Table[Name]>;
};

/** What a command says about itself. */
export interface CommandHelp<Table extends FlagTable = FlagTable> {
  name: string;
  summary: string;
  /** After the program's name, for example `predict WEIGHTS IMAGE... [flags]`. */
  usage: string;
  flags: Table;
  examples: readonly string[];
}

/** A command of the program. */
export interface Command {
  /** @returns the exit code */
  run(argv: readonly string[]): Promise<number>;
}

/** Flags that every command has. */
export const COMMON_FLAGS = {
  verbose: { kind: 'boolean', help: 'show the stack of an error' },
  help: { kind: 'boolean', help: 'show this text' },
} as const satisfies FlagTable;

/** What the user typed cannot be understood. */
export const USAGE: ErrorCode = 'USAGE';
