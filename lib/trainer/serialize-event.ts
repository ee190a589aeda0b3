import type { TrainerEvent } from './events';

/** One event as one line of JSON, without the line's end; a number that is not finite becomes a string. */
export function serializeEvent(event: TrainerEvent): string {
  return JSON.stringify(event, finiteOrText);
}

/** A record as JSON, by the same rule. */
export function serializeRecord(record: object): string {
  return JSON.stringify(record, finiteOrText);
}

/** For JSON.stringify: `NaN`, `Infinity` and `-Infinity` as strings, where JSON itself would write null. */
export function finiteOrText(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
