import { intOf } from './attributes.js';
import { type Node, sizeOf, type Value } from './types.js';

/**
 * How many pairs of numbers a node multiplies and adds up: what is published as a network's multiply-adds counts convolutions
 * and products of matrices, and leaves all else out.
 *
 * @param dims shape of each value that the node reads or gives
 */
export function multiplyAddsOf(node: Node, dims: (value: Value) => readonly number[]): number {
  const [x = '', weight = ''] = node.inputs;
  const [y = ''] = node.outputs;
  switch (node.op) {
    case 'Conv':
      return sizeOf(dims(y)) * sizeOf(dims(weight).slice(1));
    case 'ConvTranspose':
      return sizeOf(dims(x)) * sizeOf(dims(weight).slice(1));
    case 'Gemm':
      return sizeOf(dims(y)) * (dims(x)[intOf(node, 'transA', 0) === 1 ? 0 : 1] ?? 1);
    case 'MatMul':
      return sizeOf(dims(y)) * (dims(x).at(-1) ?? 1);
    default:
      return 0;
  }
}
