import { JsonLinesReporter } from './json-lines';
import { PlainReporter } from './plain';
import type { Reporter, TextSink } from './reporter';
import { palette } from './style';
import { TerminalReporter, type TerminalSink } from './terminal';

export interface ReporterChoice {
  json: boolean;
  out: TextSink & { readonly isTTY?: boolean };
  err: TextSink;
  env: Readonly<Record<string, string | undefined>>;
}

/** JSON when asked for; a live report on a terminal; plain lines everywhere else. */
export function chooseReporter({ json, out, err, env }: ReporterChoice): Reporter {
  if (json) return new JsonLinesReporter(out, err);
  if (isLiveTerminal(out, env)) return new TerminalReporter(out, palette(wantsColor(env)));
  return new PlainReporter(out, err);
}

/** A terminal that can go back within a line. */
export function isLiveTerminal(
  out: ReporterChoice['out'],
  env: ReporterChoice['env'],
): out is TerminalSink & { readonly isTTY: true } {
  return out.isTTY === true && env['TERM'] !== 'dumb';
}

/** NO_COLOR with any value but the empty one turns colours off (no-color.org). */
export function wantsColor(env: ReporterChoice['env']): boolean {
  return (env['NO_COLOR'] ?? '') === '';
}
