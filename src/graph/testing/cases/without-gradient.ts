import { bools, list, type OpCase, uniform, whole } from '../case.js';

/** Operators whose outputs are steps, whole numbers or booleans: only their shapes are compared. */
export const withoutGradient: readonly OpCase[] = [
  ...['Sign', 'Floor', 'Ceil', 'Round'].map((op): OpCase => ({ op, inputs: [uniform([2, 3])] })),
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map(
    (op): OpCase => ({ op, inputs: [uniform([2, 1, 3]), uniform([4, 1])] }),
  ),
  ...['And', 'Or'].map((op): OpCase => ({ op, inputs: [bools([2, 1], [1, 0]), bools([3], [1, 0, 1])] })),
  { op: 'Not', inputs: [bools([2], [1, 0])] },
  { op: 'Mod', note: 'whole', inputs: [whole([2], [5, 6]), whole([2, 1], [3, 4])] },
  { op: 'Cast', note: 'to int64', inputs: [uniform([2, 3])], attributes: { to: 7 } },
  { op: 'Cast', note: 'to bool', inputs: [uniform([2, 3])], attributes: { to: 9 } },
  { op: 'ArgMax', inputs: [uniform([2, 3])] },
  { op: 'ArgMax', note: 'dropped', inputs: [uniform([2, 3, 4])], attributes: { axis: -2, keepdims: 0 } },
  { op: 'Shape', inputs: [uniform([2, 3])] },
  { op: 'Shape', note: 'a part', inputs: [uniform([2, 3, 4, 5])], attributes: { start: -3, end: 3 } },
  { op: 'Shape', note: 'beyond the ends', inputs: [uniform([2, 3])], attributes: { start: -9, end: 9 } },
  { op: 'Constant', inputs: [], attributes: { value_floats: [1, 2] } },
  { op: 'Constant', note: 'a number', inputs: [], attributes: { value_int: 3 } },
  { op: 'ConstantOfShape', inputs: [list(2, 3)] },
  {
    op: 'ConstantOfShape',
    note: 'int64',
    inputs: [list(2)],
    attributes: { value: { dtype: 'int64', dims: [1], data: BigInt64Array.of(4n) } },
  },
  { op: 'Range', inputs: [whole([], [1]), whole([], [8]), whole([], [3])] },
  { op: 'Range', note: 'downward', inputs: [whole([], [8]), whole([], [1]), whole([], [-3])] },
  { op: 'Range', note: 'empty', inputs: [whole([], [8]), whole([], [1]), whole([], [3])] },
  { op: 'Dropout', note: 'with its mask', inputs: [uniform([2, 3])], outputs: 2 },
  {
    op: 'LayerNormalization',
    note: 'all outputs',
    inputs: [uniform([2, 3, 4]), uniform([3, 4])],
    attributes: { axis: 1 },
    outputs: 3,
  },
  {
    op: 'GatherND',
    note: 'batch_dims',
    inputs: [uniform([2, 3, 4]), whole([2, 1], [1, 2])],
    attributes: { batch_dims: 1 },
  },
  { op: 'Reshape', note: 'allowzero', inputs: [uniform([0, 3]), list(3, 0)], attributes: { allowzero: 1 } },
  { op: 'Slice', note: 'nothing', inputs: [uniform([4, 5]), list(3), list(1), list(0)] },
  { op: 'Split', note: 'by outputs', inputs: [uniform([5, 2])], attributes: { num_outputs: 2 }, outputs: 2 },
];
