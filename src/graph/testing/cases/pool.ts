import { type Argument, distinct, type OpCase, uniform } from '../case.js';

const pool = (
  op: 'MaxPool' | 'AveragePool',
  note: string,
  x: readonly number[],
  kernel_shape: readonly number[],
  attributes: NonNullable<OpCase['attributes']> = {},
): OpCase => {
  const input: Argument = op === 'MaxPool' ? distinct(x) : uniform(x);
  return { op, note, inputs: [input], attributes: { kernel_shape, ...attributes } };
};

export const pooling: readonly OpCase[] = [
  { op: 'GlobalAveragePool', inputs: [uniform([2, 3, 3, 2])] },
  { op: 'GlobalAveragePool', note: 'one dimension', inputs: [uniform([2, 3, 4])] },
  { op: 'GlobalMaxPool', inputs: [distinct([2, 3, 3, 2])] },
  { op: 'GlobalMaxPool', note: 'one dimension', inputs: [distinct([2, 3, 4])] },
  ...(['MaxPool', 'AveragePool'] as const).flatMap((op) => [
    pool(op, 'plain', [2, 2, 4, 4], [2, 2], { strides: [2, 2] }),
    pool(op, 'overlapping, pads', [2, 2, 5, 6], [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
    pool(op, 'stride 1, asymmetric pads', [1, 2, 5, 4], [3, 2], { pads: [0, 1, 2, 0] }),
    pool(op, 'dilations', [1, 2, 7, 6], [2, 3], { dilations: [3, 2], strides: [2, 1] }),
    pool(op, 'ceil_mode', [1, 2, 6, 7], [3, 2], { strides: [2, 2], ceil_mode: 1 }),
    pool(op, 'ceil_mode, pads', [1, 2, 6, 7], [3, 3], { strides: [2, 3], ceil_mode: 1, pads: [1, 0, 1, 1] }),
    pool(op, 'auto_pad SAME_UPPER', [1, 2, 5, 6], [3, 2], { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
    pool(op, 'auto_pad SAME_LOWER', [1, 2, 5, 6], [3, 2], { strides: [2, 2], auto_pad: 'SAME_LOWER' }),
    pool(op, 'auto_pad VALID', [1, 2, 5, 6], [3, 2], { auto_pad: 'VALID' }),
    pool(op, 'one dimension', [2, 2, 7], [3], { strides: [2], pads: [1, 1] }),
    pool(op, 'three dimensions', [1, 2, 3, 4, 3], [2, 2, 2], { strides: [1, 2, 1] }),
  ]),
  pool('AveragePool', 'with padding', [2, 2, 5, 6], [3, 3], {
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  pool('AveragePool', 'with padding, ceil_mode', [1, 2, 6, 7], [3, 3], {
    strides: [2, 3],
    ceil_mode: 1,
    pads: [1, 0, 1, 1],
    count_include_pad: 1,
  }),
  pool('AveragePool', 'with padding, dilations', [1, 2, 7, 6], [2, 3], {
    dilations: [3, 2],
    strides: [2, 1],
    pads: [1, 2, 1, 1],
    count_include_pad: 1,
  }),
  {
    op: 'MaxPool',
    note: 'indices asked for',
    inputs: [distinct([1, 2, 4, 4])],
    attributes: { kernel_shape: [2, 2] },
    outputs: 2,
    lossOf: [0],
  },
];
