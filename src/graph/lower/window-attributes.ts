import { intOf, intsOf } from '../attributes.js';
import { at } from '../shapes/index.js';
import type { Node } from '../types.js';

/** The window of a ConvInputGrad or ConvWeightGrad node: always written out in full by the gradient rule of Conv. */
export interface GradWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly group: number;
  /** The shape of what the gradient is taken with regard to. */
  readonly shape: readonly number[];
}

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

/**
 * The padding with which a stride-1 convolution of `dy` with the flipped weights gives dx, or undefined where it would be
 * negative (more padding than the kernel reaches).
 */
export function transposedPads(
  w: GradWindow,
  output: readonly number[],
): { begin: number[]; end: number[] } | undefined {
  const begin = w.kernel.map((k, i) => at(w.dilations, i) * (k - 1) - at(w.begin, i));
  const end = w.kernel.map(
    (k, i) =>
      at(w.shape, i + 2) - upsampled(at(output, i), at(w.strides, i)) - at(begin, i) + at(w.dilations, i) * (k - 1),
  );
  return [...begin, ...end].some((p) => p < 0) ? undefined : { begin, end };
}

/** Length of an axis after stride − 1 zeros are put between its elements. */
export function upsampled(length: number, stride: number): number {
  return (length - 1) * stride + 1;
}
