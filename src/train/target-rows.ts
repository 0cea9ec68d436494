import type { DataBunch, SplitName } from '../data/batch.js';
import type { Targets } from './metrics/index.js';

/** What is true of a split's pictures, as metrics read it. */
export function targetsOf(data: DataBunch, split: SplitName): Targets {
  return data.task === 'single-label' ? data.labels(split) : data.targets(split);
}

/**
 * What is true of some pictures as losses read it, [n, classes]: of one label each, 1 for its class.
 *
 * @param indices places of the pictures among the targets
 */
export function targetRows(targets: Targets, classes: number, indices: ArrayLike<number>): Float32Array {
  const rows = new Float32Array(indices.length * classes);
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i] ?? 0;
    if (targets instanceof Float32Array) rows.set(targets.subarray(at * classes, (at + 1) * classes), i * classes);
    else rows[i * classes + (targets[at] ?? 0)] = 1;
  }
  return rows;
}

/** The same of all of n pictures. */
export function allRows(targets: Targets, classes: number, n: number): Float32Array {
  return targetRows(
    targets,
    classes,
    Array.from({ length: n }, (_, i) => i),
  );
}
