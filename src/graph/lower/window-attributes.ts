import type { GradWindow } from '../grad-window.js';
import { at } from '../shapes/index.js';
import { extent } from '../shapes/window.js';

/** Whether every number of a list is `value`. */
export function all(list: readonly number[], value: number): boolean {
  return list.every((x) => x === value);
}

/** Whether a convolution is a product of matrices at each place that it sees: 1×1, no padding, no groups. */
export function isPointwise(w: GradWindow): boolean {
  return w.group === 1 && all(w.kernel, 1) && all([...w.begin, ...w.end], 0);
}

/**
 * The padding with which a stride-1 convolution of dy with the flipped weights gives dx, or undefined where it would be
 * negative (more padding than the kernel reaches).
 *
 * @param spread spatial shape of dy once zeros for the strides are between its elements
 */
export function transposedPads(
  w: GradWindow,
  spread: readonly number[],
): { begin: number[]; end: number[] } | undefined {
  const beyond = w.kernel.map((k, i) => extent(k, at(w.dilations, i)) - 1);
  const begin = beyond.map((reach, i) => reach - at(w.begin, i));
  const end = beyond.map((reach, i) => at(w.shape, i + 2) - at(spread, i) - at(begin, i) + reach);
  return [...begin, ...end].some((p) => p < 0) ? undefined : { begin, end };
}
