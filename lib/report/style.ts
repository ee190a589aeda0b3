/** Wraps text so that a terminal shows it in one style. */
export type Style = (text: string) => string;

export interface Palette {
  bold: Style;
  dim: Style;
  good: Style;
  warning: Style;
}

const plain: Style = (text) => text;

const sequence =
  (on: number, off: number): Style =>
  (text) =>
    `\u001b[${on}m${text}\u001b[${off}m`;

/** Terminal styles; with `color` false the text as it is. */
export function palette(color: boolean): Palette {
  if (!color) return { bold: plain, dim: plain, good: plain, warning: plain };
  return { bold: sequence(1, 22), dim: sequence(2, 22), good: sequence(32, 39), warning: sequence(33, 39) };
}
