import type { Picture } from './examine.js';
import type { AuditFile, Finding } from './findings.js';
import { findLookAlikes } from './look-alikes.js';

export interface ExaminedFile extends AuditFile {
  /** The classes that it counts for. */
  readonly shows: readonly string[];
  readonly picture: Picture;
}

/**
 * Groups of files that hold the same picture: the same bytes, the same pixels, or look-alikes.
 *
 * @param onProgress is told how many pictures have been compared, and of how many
 */
export async function duplicateFindings(
  files: readonly ExaminedFile[],
  onProgress: (done: number, total: number) => void | Promise<void>,
): Promise<Finding[]> {
  const equal = groupBy(files, ({ picture }) => picture.pixels);
  const findings = equal.flatMap((group) => (group.length > 1 ? [duplicate(group)] : []));
  const distinct = equal.flatMap(([first]) => (first === undefined ? [] : [first.picture]));
  const alike = await findLookAlikes(distinct, (done) => onProgress(done, distinct.length));
  for (const { members, similarity, mirrored } of alike) {
    const group = members.flatMap((i) => equal[i] ?? []);
    const message = `show the same picture${mirrored ? ', mirrored' : ''} (correlation ${similarity.toFixed(2)})`;
    findings.push({ ...groupFinding('near-duplicate', 'warning', message, group), similarity });
  }
  return findings;
}

function duplicate(group: readonly ExaminedFile[]): Finding {
  const sameBytes = group.every(({ picture }) => picture.sha256 === group[0]?.picture.sha256);
  const found = groupFinding('duplicate', 'warning', sameBytes ? 'are the same file' : 'have the same pixels', group);
  // Copies of a picture with one label in one split only weigh more in training.
  return found.acrossSplits || found.labelsDiffer ? { ...found, severity: 'error' } : found;
}

function groupFinding(
  kind: Finding['kind'],
  severity: Finding['severity'],
  what: string,
  group: readonly ExaminedFile[],
): Finding {
  const acrossSplits = new Set(group.map(({ split }) => split)).size > 1;
  const labelsDiffer = new Set(group.map(({ label }) => label)).size > 1;
  const notes = [acrossSplits ? ', in more than one split' : '', labelsDiffer ? ', under different labels' : ''];
  const files = group.map(({ file, split, label }) => ({ file, split, label }));
  return { kind, severity, message: what + notes.join(''), files, acrossSplits, labelsDiffer };
}

/** Groups in the order of their first members. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
