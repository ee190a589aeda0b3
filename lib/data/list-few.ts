/** Things that a message names one by one. */
const NAMED = 3;

/** `a, b, c and 2 more`. */
export function listFew(names: readonly string[], separator = ', '): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(separator)}${more}`;
}
