import { intOf, intsOf, stringOf } from '../attributes.js';
import type { Node } from '../types.js';
import { at } from './rule.js';

/** A convolution's or pooling's window, with every default and auto_pad worked out. Lists are by spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after, by axis. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly group: number;
  /** Spatial shape of the input and the output. */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** Extent of a dilated kernel. */
export function extent(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/**
 * The window of a Conv or pooling node (ONNX's rules for pads, auto_pad and ceil_mode).
 *
 * @param input spatial shape of the input
 * @param kernelDims spatial shape of the weights; poolings have it as an attribute
 */
export function windowOf(node: Node, input: readonly number[], kernelDims?: readonly number[]): Window {
  const kernel = intsOf(node, 'kernel_shape') ?? kernelDims;
  if (kernel === undefined) throw new Error(`node ${node.name} (${node.op}): kernel_shape is missing`);
  const rank = kernel.length;
  const strides = intsOf(node, 'strides') ?? Array<number>(rank).fill(1);
  const dilations = intsOf(node, 'dilations') ?? Array<number>(rank).fill(1);
  const autoPad = stringOf(node, 'auto_pad', 'NOTSET');
  const pads = intsOf(node, 'pads') ?? Array<number>(2 * rank).fill(0);
  const ceil = intOf(node, 'ceil_mode', 0) === 1;
  const begin: number[] = [];
  const end: number[] = [];
  const output: number[] = [];
  for (let i = 0; i < rank; i++) {
    const size = at(input, i);
    const stride = at(strides, i);
    const reach = extent(at(kernel, i), at(dilations, i));
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      const out = Math.ceil(size / stride);
      const total = Math.max(0, (out - 1) * stride + reach - size);
      const small = Math.floor(total / 2);
      begin.push(autoPad === 'SAME_UPPER' ? small : total - small);
      end.push(autoPad === 'SAME_UPPER' ? total - small : small);
      output.push(out);
      continue;
    }
    const before = autoPad === 'VALID' ? 0 : at(pads, i);
    const after = autoPad === 'VALID' ? 0 : at(pads, rank + i);
    const steps = (size + before + after - reach) / stride;
    let out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window may not start in the padding after the input.
    if (ceil && (out - 1) * stride >= size + before) out--;
    begin.push(before);
    end.push(after);
    output.push(out);
  }
  return { kernel, strides, dilations, begin, end, group: intOf(node, 'group', 1), input, output };
}
