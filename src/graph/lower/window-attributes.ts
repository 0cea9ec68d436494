import { intOf, intsOf } from '../attributes.js';
import { at } from '../shapes/index.js';
import { extent, type Window } from '../shapes/window.js';
import type { Node } from '../types.js';

/** The window of a ConvInputGrad or ConvWeightGrad node: always written out in full by the gradient rule of Conv. */
export type GradWindow = Omit<Window, 'input' | 'output'> & {
  /** The shape of what the gradient is taken with regard to. */
  readonly shape: readonly number[];
};

export function gradWindow(node: Node): GradWindow {
  const list = (name: string): readonly number[] => {
    const value = intsOf(node, name);
    if (value === undefined) throw new Error(`node ${node.name} (${node.op}): attribute ${name} is missing`);
    return value;
  };
  const pads = list('pads');
  const kernel = list('kernel_shape');
  return {
    kernel,
    strides: list('strides'),
    dilations: list('dilations'),
    begin: pads.slice(0, kernel.length),
    end: pads.slice(kernel.length),
    group: intOf(node, 'group', 1),
    shape: list('shape'),
  };
}

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
