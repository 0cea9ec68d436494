/** Names for a message, the first ten of them. */
export function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => `"${name}"`);
  return shown.join(', ') + (names.length > shown.length ? `, … (${names.length} in all)` : '');
}
