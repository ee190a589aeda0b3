import type { z } from 'zod';
import { TorchwingError } from '../native/errors';

type Issue = z.core.$ZodIssue;

/** Longest text of a received value in a message. */
const SHOWN = 60;

/**
 * What the schema refused, as one INVALID_CONFIG: the first problem is the message, in the form
 * `Invalid value for "optimizer.lr": received -1, expected a finite number > 0.`; the others are listed in the hint.
 */
export function invalidConfig(input: unknown, issues: readonly Issue[]): TorchwingError {
  const [first = 'Invalid configuration.', ...others] = issues.flatMap((issue) => describe(input, issue, []));
  if (others.length === 0) return new TorchwingError('INVALID_CONFIG', first);
  const count = others.length === 1 ? 'One more problem' : `${others.length} more problems`;
  return new TorchwingError('INVALID_CONFIG', first, { hint: `${count}:\n  ${others.join('\n  ')}` });
}

/** One problem in the grammar of all messages. */
export function invalidValue(path: string, received: unknown, expected: string): string {
  return `Invalid value for "${path}": received ${show(received)}, expected ${expected}.`;
}

function describe(input: unknown, issue: Issue, parent: readonly PropertyKey[]): string[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      invalidValue(pathText([...path, key]), valueAt(input, [...path, key]), 'no option of this name'),
    );
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest !== null) return closest.flatMap((inner) => describe(input, inner, path));
  }
  return [invalidValue(pathText(path) || 'config', valueAt(input, path), issue.message)];
}

/**
 * The alternative of a union that the value was meant to be: the only one whose own fields were all known and present,
 * so that its problems lie deeper; null when none or several fit.
 */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const fitting = branches.filter(
    (issues) =>
      issues.length > 0 && issues.every(({ code, path }) => code !== 'unrecognized_keys' && path.length > 0),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return 'a symbol';
  const text = asJson(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // A cycle or a bigint inside: its kind is all that can be shown.
    return Array.isArray(value) ? 'a list' : 'an object';
  }
}
