import { awayFrom, bools, distinct, fixed, none, type OpCase, uniform, whole } from '../case.js';

export const elementwise: readonly OpCase[] = [
  ...['Add', 'Sub', 'Mul'].flatMap((op): OpCase[] => [
    { op, inputs: [uniform([2, 3]), uniform([2, 3])] },
    { op, note: 'broadcast right', inputs: [uniform([2, 3, 4]), uniform([3, 1])] },
    { op, note: 'broadcast left', inputs: [uniform([]), uniform([2, 3])] },
    { op, note: 'both broadcast', inputs: [uniform([2, 1, 4]), uniform([3, 1])] },
  ]),
  { op: 'Div', inputs: [uniform([2, 3, 4]), uniform([3, 1], 0.5, 2)] },
  { op: 'Div', note: 'broadcast left', inputs: [uniform([3]), uniform([2, 3], -2, -0.5)] },
  { op: 'Sum', inputs: [uniform([2, 3]), uniform([3]), uniform([2, 1])] },
  { op: 'Mod', inputs: [uniform([4], 0.2, 0.8), fixed([], [1])], attributes: { fmod: 1 } },
  {
    op: 'Mod',
    note: 'varied divisor',
    inputs: [uniform([4], 2.2, 2.8), uniform([1], 0.95, 1.05)],
    attributes: { fmod: 1 },
  },
  { op: 'Pow', inputs: [uniform([2, 3], 0.5, 2), uniform([3], 0.5, 3)] },
  { op: 'Pow', note: 'square', inputs: [uniform([2, 3]), fixed([], [2])] },
  { op: 'Pow', note: 'cube of negatives', inputs: [uniform([2, 3]), fixed([1], [3])] },
  { op: 'Pow', note: 'whole exponents', inputs: [uniform([2, 3], 0.5, 2), whole([3], [0, 1, 3])] },
  { op: 'Min', inputs: [uniform([2, 3], 0, 1), uniform([3], 1.1, 2)] },
  { op: 'Min', note: 'three', inputs: [awayFrom([0.5], [4], 0, 1), fixed([], [0.5]), awayFrom([0.5], [4], 0.5, 1)] },
  { op: 'Max', inputs: [awayFrom([0], [2, 3]), fixed([], [0])] },
  { op: 'Max', note: 'one', inputs: [uniform([3])] },
  { op: 'Where', inputs: [bools([2, 3], [1, 0, 0, 1, 1, 0]), uniform([2, 3]), uniform([3])] },
  { op: 'Where', note: 'broadcast condition', inputs: [bools([2, 1], [1, 0]), uniform([3]), uniform([])] },
  { op: 'PRelu', inputs: [awayFrom([0], [2, 3, 2, 2]), uniform([3, 1, 1])] },
  { op: 'PRelu', note: 'one slope', inputs: [awayFrom([0], [2, 3]), uniform([1])] },
];

const reduction = (op: string, x: typeof uniform): OpCase[] => [
  { op, inputs: [x([2, 3, 4], 0.2, 1), whole([1], [1])] },
  { op, note: 'all', inputs: [x([2, 3], 0.2, 1)], attributes: { keepdims: 0 } },
  { op, note: 'two, dropped', inputs: [x([2, 3, 4], 0.2, 1), whole([2], [-1, 0])], attributes: { keepdims: 0 } },
  { op, note: 'none', inputs: [x([2, 3], 0.2, 1), none], attributes: { noop_with_empty_axes: 1 } },
];

export const axis: readonly OpCase[] = [
  ...['ReduceSum', 'ReduceMean', 'ReduceL2', 'ReduceSumSquare'].flatMap((op) => reduction(op, uniform)),
  ...['ReduceMax', 'ReduceMin'].flatMap((op) => reduction(op, (dims) => distinct(dims))),
  ...['Softmax', 'LogSoftmax'].flatMap((op): OpCase[] => [
    { op, inputs: [uniform([2, 5])] },
    { op, note: 'axis 1 of 4', inputs: [uniform([2, 3, 2, 2])], attributes: { axis: 1 } },
    { op, note: 'axis 0', inputs: [uniform([4, 3])], attributes: { axis: 0 } },
  ]),
  { op: 'CumSum', inputs: [uniform([2, 4]), whole([], [1])] },
  {
    op: 'CumSum',
    note: 'reverse, exclusive',
    inputs: [uniform([2, 4]), whole([], [0])],
    attributes: { reverse: 1, exclusive: 1 },
  },
  { op: 'OneHot', inputs: [whole([3], [0, 2, 1]), whole([1], [4]), uniform([2])] },
];
