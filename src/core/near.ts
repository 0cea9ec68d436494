/** The names that are nearest to what was typed, the nearest first: those that a slip or two, or a missing end, make of it. */
export function nearNames(typed: string, names: readonly string[], most = 3): string[] {
  const wanted = typed.toLowerCase();
  return names
    .map((name) => ({ name, distance: distanceOf(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ name }) => name);
}

/** Edits between two names; what only goes on where the other ends counts half. */
function distanceOf(a: string, b: string): number {
  if (a !== '' && (a.startsWith(b) || b.startsWith(a))) return Math.abs(a.length - b.length) / 2;
  return levenshtein(a, b);
}

/** Insertions, deletions and replacements that make b of a (Levenshtein 1966). */
function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
