import { fixed, list, none, type OpCase, uniform, varied, whole } from '../case.js';

const slice = (note: string, dims: readonly number[], ...args: readonly (readonly number[])[]): OpCase => ({
  op: 'Slice',
  note,
  inputs: [uniform(dims), ...args.map((a) => list(...a))],
});

const pad = (mode: string, note: string, dims: readonly number[], ...pads: readonly number[]): OpCase => ({
  op: 'Pad',
  note: `${mode}, ${note}`,
  inputs: [uniform(dims), list(...pads)],
  attributes: { mode },
});

const resize = (
  note: string,
  dims: readonly number[],
  target: { scales: readonly number[] } | { sizes: readonly number[] },
  attributes: NonNullable<OpCase['attributes']>,
): OpCase => ({
  op: 'Resize',
  note,
  inputs:
    'scales' in target
      ? [uniform(dims), none, fixed([target.scales.length], target.scales)]
      : [uniform(dims), none, none, list(...target.sizes)],
  attributes,
});

const TRANSFORMS = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'asymmetric', 'align_corners'];

const resizes: readonly OpCase[] = [
  ...TRANSFORMS.flatMap((coordinate_transformation_mode) =>
    ['nearest', 'linear', 'cubic'].flatMap((mode) => [
      resize(
        `${mode} ${coordinate_transformation_mode}, up`,
        [1, 2, 3, 4],
        { sizes: [1, 2, 7, 6] },
        { mode, coordinate_transformation_mode },
      ),
      resize(
        `${mode} ${coordinate_transformation_mode}, down`,
        [1, 2, 7, 6],
        { scales: [1, 1, 0.5, 0.6] },
        { mode, coordinate_transformation_mode },
      ),
    ]),
  ),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((nearest_mode) =>
    resize(`nearest ${nearest_mode}`, [1, 2, 4, 5], { sizes: [1, 2, 6, 3] }, { mode: 'nearest', nearest_mode }),
  ),
  resize('one dimension', [2, 2, 5], { sizes: [2, 2, 8] }, { mode: 'linear' }),
  resize(
    'to one place',
    [1, 1, 4, 4],
    { sizes: [1, 1, 1, 1] },
    { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
  ),
  resize(
    'axes',
    [1, 2, 3, 4],
    { sizes: [6, 8] },
    { mode: 'nearest', axes: [2, 3], coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  ),
  resize('cubic, nothing outside', [1, 1, 4, 5], { sizes: [1, 1, 7, 8] }, { mode: 'cubic', exclude_outside: 1 }),
];

export const movement: readonly OpCase[] = [
  { op: 'Reshape', inputs: [uniform([2, 6]), list(0, -1, 3)] },
  { op: 'Flatten', inputs: [uniform([2, 3, 2])] },
  { op: 'Flatten', note: 'axis 0', inputs: [uniform([2, 3])], attributes: { axis: 0 } },
  { op: 'Flatten', note: 'axis -1', inputs: [uniform([2, 3, 2])], attributes: { axis: -1 } },
  { op: 'Squeeze', inputs: [uniform([2, 1, 3, 1]), list(1, -1)] },
  { op: 'Squeeze', note: 'all', inputs: [uniform([2, 1, 3, 1])] },
  { op: 'Unsqueeze', inputs: [uniform([2, 3]), list(0, -1)] },
  { op: 'Transpose', inputs: [uniform([2, 3, 4])] },
  { op: 'Transpose', note: 'perm', inputs: [uniform([2, 3, 4])], attributes: { perm: [1, 2, 0] } },
  { op: 'Concat', inputs: [uniform([2, 1]), uniform([2, 3]), uniform([2, 2])], attributes: { axis: -1 } },
  { op: 'Concat', note: 'one', inputs: [uniform([2, 3])], attributes: { axis: 0 } },
  { op: 'Split', inputs: [uniform([2, 6]), list(1, 3, 2)], attributes: { axis: 1 }, outputs: 3 },
  { op: 'Split', note: 'num_outputs, uneven', inputs: [uniform([7, 2])], attributes: { num_outputs: 3 }, outputs: 3 },
  {
    op: 'Split',
    note: 'one part read',
    inputs: [uniform([2, 6]), list(1, 3, 2)],
    attributes: { axis: -1 },
    outputs: 3,
    lossOf: [1],
  },

  slice('plain', [4, 5], [1, 0], [3, 4]),
  slice('axes, negative bounds', [4, 5], [-3], [-1], [1]),
  slice('steps', [7, 8], [1, 0], [7, 8], [0, 1], [2, 3]),
  slice('steps that leave a rest', [7, 8], [0, 1], [6, 7], [0, 1], [4, 4]),
  slice('reversed', [4, 5], [-1], [-1000], [1], [-1]),
  slice('negative steps', [7, 9], [5, -2], [0, -9], [0, 1], [-2, -3]),
  slice('beyond the ends', [4, 5], [-9, 2], [99, 99]),
  slice('one of a step', [4, 5], [1], [2], [1], [3]),

  pad('constant', 'plain', [2, 3], 1, 0, 2, 1),
  pad('constant', 'negative', [4, 5], -1, 2, 1, -2),
  pad('reflect', 'plain', [3, 4], 2, 1, 1, 3),
  pad('reflect', 'channels first', [1, 2, 4, 3], 0, 0, 1, 2, 0, 0, 2, 1),
  pad('edge', 'plain', [3, 4], 2, 1, 1, 3),
  pad('edge', 'one sided', [2, 3, 2], 0, 2, 0, 0, 0, 0),
  pad('wrap', 'plain', [3, 4], 2, 1, 1, 3),
  { op: 'Pad', note: 'axes, value', inputs: [uniform([2, 3, 4]), list(1, 2), fixed([], [0.5]), list(-2)] },
  { op: 'Pad', note: 'varied value', inputs: [uniform([2, 3]), list(1, 0, 0, 2), varied([], [0.5])] },

  { op: 'Gather', inputs: [uniform([4, 3]), list(0, 2, 2, -1)] },
  {
    op: 'Gather',
    note: 'axis 1, matrix',
    inputs: [uniform([2, 4, 3]), whole([2, 2], [0, -1, 3, 1])],
    attributes: { axis: 1 },
  },
  { op: 'Gather', note: 'last axis, scalar', inputs: [uniform([2, 4]), whole([], [1])], attributes: { axis: -1 } },
  { op: 'GatherElements', inputs: [uniform([3, 3]), whole([2, 3], [0, 1, -1, 0, 2, 1])] },
  {
    op: 'GatherElements',
    note: 'axis 1',
    inputs: [uniform([2, 3]), whole([2, 4], [0, 1, 2, 0, 2, 1, 1, -3])],
    attributes: { axis: 1 },
  },
  { op: 'GatherND', inputs: [uniform([3, 4, 2]), whole([3, 2], [0, 1, 2, 3, 0, 1])] },
  { op: 'ScatterElements', inputs: [uniform([3, 3]), whole([2, 3], [0, 1, 2, 1, 2, 0]), uniform([2, 3])] },
  {
    op: 'ScatterElements',
    note: 'add',
    inputs: [uniform([2, 3]), whole([2, 2], [0, 0, 2, 1]), uniform([2, 2])],
    attributes: { axis: 1, reduction: 'add' },
  },
  { op: 'ScatterND', inputs: [uniform([4, 2]), whole([2, 1], [1, 3]), uniform([2, 2])] },
  {
    op: 'ScatterND',
    note: 'add',
    inputs: [uniform([4]), whole([3, 1], [1, 3, 1]), uniform([3])],
    attributes: { reduction: 'add' },
  },

  { op: 'Expand', inputs: [uniform([3, 1]), list(2, 1, 4)] },
  { op: 'Tile', inputs: [uniform([2, 3]), list(2, 3)] },
  { op: 'Tile', note: 'partly', inputs: [uniform([2, 1, 3]), list(1, 3, 1)] },
  { op: 'DepthToSpace', inputs: [uniform([1, 8, 2, 3])], attributes: { blocksize: 2 } },
  { op: 'DepthToSpace', note: 'CRD', inputs: [uniform([2, 8, 2, 3])], attributes: { blocksize: 2, mode: 'CRD' } },
  { op: 'SpaceToDepth', inputs: [uniform([1, 2, 4, 6])], attributes: { blocksize: 2 } },
  ...resizes,
];
