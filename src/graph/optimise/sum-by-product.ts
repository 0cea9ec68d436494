import { plainNode } from '../plain-node.js';
import { axisOf } from '../shapes/rule.js';
import { float32, int64, type Node, numbersOf, sizeOf, type TensorData, type Value } from '../types.js';
import type { Pass, TypedGraph } from './pass.js';

/** Tensors of fewer elements are summed up as they are: nothing would be won. */
const LEAST = 2 ** 12;

/**
 * Sums over the first axes are products with ones, and sums over the last axes are told as such: ONNX Runtime's ReduceSum down the columns of a
 * matrix reaches a tenth of the speed of its product (32×9216: 0.04 ms for 0.35), and so does one along rows behind which
 * axes of 1 stand (576×96×1×1: 0.02 ms for 0.13).
 */
export const sumByProduct: Pass = {
  name: 'sum-by-product',
  run(typed) {
    const initializers = new Map<Value, TensorData>(typed.graph.initializers);
    const constants: Constants = {
      ones: (count) => {
        const name = `sum-by-product:ones:${count}`;
        initializers.set(name, float32([count], new Float32Array(count).fill(1)));
        return name;
      },
      integers: (...xs) => {
        const name = `sum-by-product:${xs.join('x')}`;
        initializers.set(name, int64([xs.length], xs));
        return name;
      },
    };
    const nodes = typed.graph.nodes.flatMap((node) => written(typed, node, constants) ?? [node]);
    return { ...typed.graph, nodes, initializers };
  },
};

/** Stored tensors, by what is in them. */
interface Constants {
  ones(count: number): Value;
  integers(...xs: readonly number[]): Value;
}

interface Sum {
  readonly x: Value;
  readonly dims: readonly number[];
  readonly result: readonly number[];
  /** Elements along the first axes and along the last ones; one of both are summed up. */
  readonly matrix: readonly [number, number];
  readonly over: 'first' | 'last';
}

function sumOf({ graph, type }: TypedGraph, node: Node): Sum | undefined {
  if (node.op !== 'ReduceSum' || node.domain !== '') return undefined;
  const [x = '', axesValue = ''] = node.inputs;
  const [from, to] = [type(x), type(node.outputs[0] ?? '')];
  const axes = graph.initializers.get(axesValue);
  if (from?.dtype !== 'float32' || to === undefined || axes === undefined || sizeOf(from.dims) < LEAST)
    return undefined;
  const { dims } = from;
  const summed = new Set(numbersOf(axes).map((a) => axisOf(a, dims.length)));
  const long = dims.flatMap((d, axis) => (d > 1 ? [axis] : []));
  const isSummed = long.map((axis) => summed.has(axis));
  const border = isSummed.findIndex((is) => is !== isSummed[0]);
  // All or nothing, or the axes in between.
  if (border < 0 || isSummed.slice(border).some((is) => is === isSummed[0])) return undefined;
  const over = isSummed[0] === true ? 'first' : 'last';
  if (over === 'last' && summed.has(dims.length - 1)) return undefined;
  const size = (axesOf: readonly number[]) => sizeOf(axesOf.map((axis) => dims[axis] ?? 1));
  return { x, dims, result: to.dims, matrix: [size(long.slice(0, border)), size(long.slice(border))], over };
}

function written(typed: TypedGraph, node: Node, { ones, integers }: Constants): Node[] | undefined {
  const sum = sumOf(typed, node);
  if (sum === undefined) return undefined;
  const [output = ''] = node.outputs;
  const [rows, columns] = sum.matrix;
  const nodes: Node[] = [];
  const write = (...node: Parameters<typeof plainNode>): Value => {
    nodes.push(plainNode(...node));
    return node[2];
  };
  const matrix =
    sum.dims.join() === sum.matrix.join()
      ? sum.x
      : write('Reshape', [sum.x, integers(...sum.matrix)], `${output}:matrix`);
  const isResult = sum.result.join() === String(sum.over === 'first' ? columns : rows);
  const to = isResult ? output : `${output}:vector`;
  if (sum.over === 'first') write('MatMul', [ones(rows), matrix], to);
  else write('ReduceSum', [matrix, integers(1)], to, { keepdims: 0 });
  if (!isResult) write('Reshape', [to, integers(...sum.result)], output);
  return nodes;
}
