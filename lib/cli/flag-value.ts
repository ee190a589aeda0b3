import { TorchwingError } from '../native/errors';
import { type Flag, USAGE } from './flags';

type ValueFlag = Exclude<Flag, { kind: 'boolean' }>;

/**
 * The value of one flag from its text.
 * @throws TorchwingError USAGE, in the grammar of all messages
 */
export function parseFlagValue(name: string, flag: ValueFlag, text: string | undefined): string | number {
  const expected = describeExpected(flag);
  const refuse = (received: string): TorchwingError =>
    new TorchwingError(USAGE, `Invalid value for "--${name}": received ${received}, expected ${expected}.`);
  if (text === undefined) throw refuse('nothing');
  switch (flag.kind) {
    case 'text':
      if (text === '') throw refuse('""');
      return text;
    case 'choice':
      if (!flag.choices.includes(text)) throw refuse(JSON.stringify(text));
      return text;
    default: {
      if (flag.kind === 'integer' && flag.also?.includes(text)) return text;
      const value = readNumber(text);
      if (value === null) throw refuse(JSON.stringify(text));
      if (!inRange(flag, value)) throw refuse(text);
      return value;
    }
  }
}

/** What a flag takes, as messages say it after "expected". */
export function describeExpected(flag: ValueFlag): string {
  switch (flag.kind) {
    case 'text':
      return flag.value === 'DIR' ? 'a folder' : flag.value === 'FILE' ? 'a file' : 'a value';
    case 'choice':
      return flag.choices.join(' or ');
    case 'integer': {
      const range =
        flag.maximum === undefined ? `>= ${flag.minimum}` : `from ${flag.minimum} to ${flag.maximum}`;
      return ['an integer', range, ...(flag.also ?? []).map((word) => `or ${word}`)].join(' ');
    }
    default: {
      const bounds = [
        flag.above === undefined ? [] : [`> ${flag.above}`],
        flag.minimum === undefined ? [] : [`>= ${flag.minimum}`],
        flag.below === undefined ? [] : [`< ${flag.below}`],
        flag.maximum === undefined ? [] : [`<= ${flag.maximum}`],
      ].flat();
      return `a finite number ${bounds.join(' and ')}`;
    }
  }
}

/** Plain decimal or scientific form only: no hexadecimal, no blanks, no empty text. */
function readNumber(text: string): number | null {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  return Number(text);
}

function inRange(flag: Extract<Flag, { kind: 'integer' | 'number' }>, value: number): boolean {
  if (flag.kind === 'integer') {
    return (
      Number.isSafeInteger(value) &&
      value >= flag.minimum &&
      value <= (flag.maximum ?? Number.MAX_SAFE_INTEGER)
    );
  }
  return (
    Number.isFinite(value) &&
    value > (flag.above ?? Number.NEGATIVE_INFINITY) &&
    value >= (flag.minimum ?? Number.NEGATIVE_INFINITY) &&
    value < (flag.below ?? Number.POSITIVE_INFINITY) &&
    value <= (flag.maximum ?? Number.POSITIVE_INFINITY)
  );
}
