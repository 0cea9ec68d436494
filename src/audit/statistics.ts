import type { AuditSplit, ClassBalance, DataReport, Finding, Spread } from './findings.js';

/** A class with fewer than a tenth of the largest one's pictures is hard to learn. */
const IMBALANCED = 10;

export type Counts = DataReport['counts'];

/** Minimum, quartiles (linearly interpolated) and maximum. */
export function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? 0;
    return low + (place % 1) * ((sorted[Math.ceil(place)] ?? low) - low);
  };
  return { min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}

/** How often each value occurs, the most frequent first. */
export function tally(values: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

export function balanceOf(counts: Counts, split: AuditSplit): ClassBalance {
  const numbers = counts.map(({ bySplit }) => bySplit[split] ?? 0).filter((n) => n > 0);
  const total = numbers.reduce((sum, n) => sum + n, 0);
  const entropy = numbers.reduce((sum, n) => sum - (n / total) * Math.log(n / total), 0);
  return {
    split,
    ratio: numbers.length === 0 ? 1 : Math.max(...numbers) / Math.min(...numbers),
    entropy: counts.length < 2 ? 1 : entropy / Math.log(counts.length),
  };
}

/**
 * What is wrong with the numbers of pictures: classes without any, or with far fewer than others.
 *
 * @param oneEach whether each picture has one label, so that there must be two classes to tell apart
 */
export function classFindings(counts: Counts, splits: readonly AuditSplit[], oneEach: boolean): Finding[] {
  const of = (label: string, finding: Pick<Finding, 'kind' | 'severity' | 'message'>): Finding => ({
    ...finding,
    label,
    files: [],
  });
  const learnt = splits[0] ?? 'all';
  const filled = counts.filter(({ bySplit }) => (bySplit[learnt] ?? 0) > 0);
  const only =
    oneEach && filled.length === 1 && counts.every((count) => filled.includes(count)) ? filled[0] : undefined;
  if (only !== undefined) {
    return [
      of(only.label, {
        kind: 'missing-class',
        severity: 'error',
        message: 'is the only class; a classifier needs two',
      }),
    ];
  }
  const largest = Math.max(0, ...counts.map(({ bySplit }) => bySplit[learnt] ?? 0));
  return counts.flatMap(({ label, bySplit }) => {
    const empty = splits.filter((split) => (bySplit[split] ?? 0) === 0);
    if (empty.length === splits.length) {
      return [of(label, { kind: 'empty-class', severity: 'error', message: 'has no pictures' })];
    }
    const missing = empty.map((split) =>
      of(label, {
        kind: 'missing-class',
        // Training refuses pictures of a class that it cannot learn; a split to measure on only says less.
        severity: split === learnt ? 'error' : 'warning',
        message: `has no pictures in ${split}`,
      }),
    );
    const count = bySplit[learnt] ?? 0;
    if (count === 0 || largest / count <= IMBALANCED) return missing;
    const message = `has ${count} pictures${learnt === 'all' ? '' : ` in ${learnt}`}, the largest class ${largest}`;
    return [...missing, of(label, { kind: 'imbalance', severity: 'warning', message })];
  });
}
