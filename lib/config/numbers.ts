import { z } from 'zod';
import { BYTE_SIZE_EXPECTED, parseByteSize } from '../data/byte-size';
import { DURATION_EXPECTED, parseDuration } from './duration';

/*
 * Number fields of the schema. Each carries one text, what was expected, whatever the way in which a value is wrong;
 * lib/config/problems.ts puts "received ..." in front of it.
 */

/** @param also what else the field takes, for the text: zod reports a number that is out of range without the other forms */
export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER, also = '') {
  const bound = maximum === Number.MAX_SAFE_INTEGER ? `>= ${minimum}` : `from ${minimum} to ${maximum}`;
  const error = `an integer ${bound}${also}`;
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}

export function positive() {
  const error = 'a finite number > 0';
  return z.number({ error }).gt(0, { error });
}

export function atLeastZero() {
  const error = 'a finite number >= 0';
  return z.number({ error }).min(0, { error });
}

/** Between 0 and 1, both included. */
export function probability() {
  const error = 'a number from 0 to 1';
  return z.number({ error }).min(0, { error }).max(1, { error });
}

/** Strictly between 0 and 1. */
export function fraction() {
  const error = 'a number > 0 and < 1';
  return z.number({ error }).gt(0, { error }).lt(1, { error });
}

/** Bytes, given as a number or as a text with a unit. */
export function byteSize() {
  const error = BYTE_SIZE_EXPECTED;
  return z
    .union([z.number({ error }), z.string({ error })], { error })
    .refine((size) => parseByteSize(size) !== null, { error })
    .transform((size) => parseByteSize(size) ?? 0);
}

/** Seconds, given as a number or as a text with a unit. */
export function duration() {
  const error = DURATION_EXPECTED;
  return z
    .union([z.number({ error }), z.string({ error })], { error })
    .refine((value) => parseDuration(value) !== null, { error })
    .transform((value) => parseDuration(value) ?? 0);
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: values.map((value) => `"${value}"`).join(' or ') });
}

export function flag() {
  return z.boolean({ error: 'true or false' });
}

export function path() {
  return z
    .string({ error: 'a path' })
    .min(1, { error: 'a path that is not empty' })
    .refine((value) => !value.includes('\0'), { error: 'a path without a zero byte' });
}
