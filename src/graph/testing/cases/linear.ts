import { type OpCase, uniform } from '../case.js';

const conv = (
  note: string,
  x: readonly number[],
  w: readonly number[],
  attributes: NonNullable<OpCase['attributes']> = {},
  bias = false,
): OpCase => ({
  op: 'Conv',
  note,
  inputs: [uniform(x), uniform(w), ...(bias ? [uniform([w[0] ?? 1])] : [])],
  attributes: { kernel_shape: w.slice(2), ...attributes },
});

const transposed = (
  note: string,
  x: readonly number[],
  w: readonly number[],
  attributes: NonNullable<OpCase['attributes']> = {},
): OpCase => ({
  op: 'ConvTranspose',
  note,
  inputs: [uniform(x), uniform(w)],
  attributes: { kernel_shape: w.slice(2), ...attributes },
});

const einsum = (equation: string, ...dims: readonly (readonly number[])[]): OpCase => ({
  op: 'Einsum',
  note: equation,
  inputs: dims.map((d) => uniform(d)),
  attributes: { equation },
});

const matMul = (a: readonly number[], b: readonly number[]): OpCase => ({
  op: 'MatMul',
  note: `[${a}] [${b}]`,
  inputs: [uniform(a), uniform(b)],
});

const same = [1, 1, 1, 1];

export const linear: readonly OpCase[] = [
  conv('bias', [2, 3, 5, 5], [4, 3, 3, 3], { pads: same }, true),
  conv('few input channels, strides', [2, 3, 7, 6], [4, 3, 3, 3], { strides: [2, 2], pads: same }),
  conv('few input channels, dilations, asymmetric pads', [2, 2, 8, 7], [3, 2, 3, 2], {
    strides: [2, 1],
    dilations: [2, 3],
    pads: [0, 1, 2, 3],
  }),
  conv('tap by tap', [2, 6, 5, 4], [3, 6, 3, 3], { pads: same }),
  conv('tap by tap, strides, dilations, asymmetric pads', [2, 5, 9, 8], [3, 5, 3, 2], {
    strides: [2, 3],
    dilations: [2, 1],
    pads: [1, 0, 3, 2],
  }),
  conv('more padding than the kernel reaches', [1, 2, 3, 3], [2, 2, 2, 2], { pads: [2, 2, 2, 2] }),
  conv('pointwise, joined over the batch', [3, 5, 4, 4], [6, 5, 1, 1]),
  conv('pointwise, batched', [2, 3, 16, 17], [4, 3, 1, 1]),
  conv('pointwise, strides', [2, 5, 5, 4], [3, 5, 1, 1], { strides: [2, 2] }),
  conv('pointwise, pads', [2, 5, 3, 3], [3, 5, 1, 1], { pads: same }),
  conv('groups', [2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: same }),
  conv('groups, strides, dilations, asymmetric pads', [2, 6, 7, 8], [4, 3, 2, 3], {
    group: 2,
    strides: [2, 1],
    dilations: [1, 2],
    pads: [0, 1, 1, 2],
  }),
  conv('pointwise groups', [2, 4, 3, 3], [4, 2, 1, 1], { group: 2 }),
  conv('depthwise', [2, 3, 5, 5], [3, 1, 3, 3], { group: 3, pads: same }),
  conv('depthwise, strides, dilations, asymmetric pads', [2, 3, 9, 8], [3, 1, 3, 2], {
    group: 3,
    strides: [2, 2],
    dilations: [2, 1],
    pads: [1, 0, 2, 1],
  }),
  conv('depthwise with a multiplier', [2, 2, 5, 5], [6, 1, 3, 3], { group: 2, strides: [2, 2], pads: same }),
  conv('one dimension', [2, 5, 9], [3, 5, 3], { strides: [2], pads: [1, 0] }),
  conv('one dimension, depthwise', [2, 3, 9], [3, 1, 4], { group: 3, dilations: [2], pads: [3, 3] }),
  conv('three dimensions', [1, 5, 4, 3, 4], [2, 5, 2, 2, 3], { pads: [0, 1, 1, 1, 0, 1] }),
  conv('three dimensions, few channels, strides', [1, 2, 5, 4, 4], [2, 2, 2, 2, 2], { strides: [2, 1, 2] }),
  conv('auto_pad SAME_UPPER', [1, 2, 6, 5], [2, 2, 3, 2], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  conv('auto_pad SAME_LOWER', [1, 2, 6, 5], [2, 2, 3, 2], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  conv('auto_pad VALID', [1, 2, 6, 5], [2, 2, 3, 2], { auto_pad: 'VALID' }),

  transposed('plain', [2, 3, 4, 3], [3, 2, 3, 3]),
  transposed('strides, pads', [2, 3, 4, 3], [3, 2, 3, 2], { strides: [2, 3], pads: [1, 0, 0, 1] }),
  transposed('output padding, dilations', [1, 2, 4, 3], [2, 3, 2, 3], {
    strides: [2, 2],
    dilations: [2, 1],
    output_padding: [1, 1],
  }),
  transposed('groups', [2, 4, 3, 3], [4, 2, 2, 2], { group: 2, strides: [2, 2] }),
  transposed('depthwise', [2, 3, 3, 3], [3, 1, 3, 3], { group: 3, pads: same }),
  transposed('more input channels', [1, 6, 3, 3], [6, 5, 2, 2], { strides: [2, 2] }),
  transposed('auto_pad SAME_UPPER', [1, 2, 3, 3], [2, 2, 3, 3], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  transposed('auto_pad SAME_LOWER', [1, 2, 3, 3], [2, 2, 3, 3], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  transposed('output shape', [1, 2, 3, 3], [2, 2, 3, 3], { output_shape: [6, 6], strides: [2, 2] }),
  {
    ...transposed('bias', [1, 2, 3, 3], [2, 3, 2, 2]),
    inputs: [uniform([1, 2, 3, 3]), uniform([2, 3, 2, 2]), uniform([3])],
  },

  { op: 'Gemm', inputs: [uniform([3, 4]), uniform([4, 5]), uniform([5])] },
  { op: 'Gemm', note: 'no C', inputs: [uniform([3, 4]), uniform([4, 5])] },
  {
    op: 'Gemm',
    note: 'A transposed, α, β',
    inputs: [uniform([4, 3]), uniform([4, 5]), uniform([3, 1])],
    attributes: { transA: 1, alpha: 0.5, beta: 2 },
  },
  {
    op: 'Gemm',
    note: 'B transposed',
    inputs: [uniform([3, 4]), uniform([5, 4]), uniform([3, 5])],
    attributes: { transB: 1, alpha: 2 },
  },
  {
    op: 'Gemm',
    note: 'both transposed',
    inputs: [uniform([4, 3]), uniform([5, 4]), uniform([])],
    attributes: { transA: 1, transB: 1 },
  },

  matMul([3, 4], [4, 2]),
  matMul([2, 3, 4], [2, 4, 2]),
  matMul([2, 3, 4], [4, 2]),
  matMul([3, 4], [2, 4, 2]),
  matMul([2, 1, 3, 4], [3, 4, 2]),
  matMul([4], [4, 2]),
  matMul([3, 4], [4]),
  matMul([4], [4]),
  matMul([4], [2, 4, 3]),

  einsum('ij,jk->ik', [3, 4], [4, 2]),
  einsum('ij,jk', [3, 4], [4, 2]),
  einsum('ij,kj->ki', [3, 4], [2, 4]),
  einsum('bij,bjk->bik', [2, 3, 4], [2, 4, 2]),
  einsum('bhid,bhjd->bhij', [2, 2, 3, 4], [2, 2, 5, 4]),
  einsum('bij,jk->bki', [2, 3, 4], [4, 2]),
  einsum('bij,bjk->ik', [2, 3, 4], [2, 4, 2]),
  einsum('ijs,jk->ik', [3, 4, 2], [4, 2]),
  einsum('i,j->ij', [3], [4]),
  einsum('ij->ji', [3, 4]),
  einsum('ijk->k', [3, 4, 2]),
  einsum('ij,jk,kl->il', [2, 3], [3, 4], [4, 2]),
];
