import { floatOf, intOf, intsOf } from './attributes.js';
import { at } from './shapes/rule.js';
import { extent } from './shapes/window.js';
import { float32, int64, numbersOf, sizeOf, type Value } from './types.js';
import type { Upgrade, UpgradeContext } from './upgrade.js';

const scalar = (c: UpgradeContext, x: number): Value => c.constant(float32([], [x]));
const first = (c: UpgradeContext): Value => c.node.inputs[0] ?? '';

/** The node as another operator on other inputs: the last step of a formula. */
const as = (c: UpgradeContext, op: string, inputs: readonly Value[], attributes = {}) => ({
  ...{ ...c.node, domain: '', outputs: c.node.outputs.slice(0, 1) },
  ...{ op, inputs, attributes },
});

/** scale·(max(x, 0) + α·(exp(min(x, 0)/stretch) − 1)) */
const exponential =
  (settings: (c: UpgradeContext) => { alpha: number; scale: number; stretch: number }): Upgrade =>
  (c) => {
    const { alpha, scale, stretch } = settings(c);
    const zero = scalar(c, 0);
    const negative = c.before('Div', [c.before('Min', [first(c), zero]), scalar(c, stretch)]);
    const bent = c.before('Sub', [c.before('Exp', [negative]), scalar(c, 1)]);
    const low = c.before('Mul', [bent, scalar(c, alpha * scale)]);
    const high = c.before('Mul', [c.before('Max', [first(c), zero]), scalar(c, scale)]);
    return as(c, 'Add', [high, low]);
  };

/** Mean and variance over groups of channels and all places (Wu & He 2018), then a scale and shift for each channel. */
const groupNormalization: Upgrade = (c) => {
  const [x = '', scale = '', bias = ''] = c.node.inputs;
  const dims = c.dims(x);
  const [n = 1, channels = 1, ...places] = dims;
  const groups = intOf(c.node, 'num_groups', 1);
  if (c.dims(scale)[0] !== channels) throw c.fail('a scale for each group is not known to onecycle');
  const list = (...xs: number[]) => c.constant(int64([xs.length], xs));
  const ones = c.constant(float32([groups], new Float32Array(groups).fill(1)));
  const zeros = c.constant(float32([groups], new Float32Array(groups)));
  const grouped = c.before('Reshape', [x, list(n, groups, -1)]);
  const attributes = { epsilon: { kind: 'float', value: floatOf(c.node, 'epsilon', 1e-5) } } as const;
  const standard = c.before('InstanceNormalization', [grouped, ones, zeros], attributes);
  const back = c.before('Reshape', [standard, list(n, channels, ...places)]);
  const perChannel = (v: Value) => c.before('Reshape', [v, list(channels, ...places.map(() => 1))]);
  return as(c, 'Add', [c.before('Mul', [back, perChannel(scale)]), perChannel(bias)]);
};

/** y = x/(k + α·mean of x² over neighbouring channels)^β (Krizhevsky et al. 2012) */
const localResponse: Upgrade = (c) => {
  const [n = 1, channels = 1, ...places] = c.dims(first(c));
  const size = intOf(c.node, 'size', 1);
  const list = (...xs: number[]) => c.constant(int64([xs.length], xs));
  const squares = c.before('Mul', [first(c), first(c)]);
  const rows = c.before('Reshape', [squares, list(n, 1, channels, -1)]);
  const ints = (...value: number[]) => ({ kind: 'ints', value }) as const;
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const mean = c.before('AveragePool', [rows], {
    kernel_shape: ints(size, 1),
    pads: ints(before, 0, after, 0),
    count_include_pad: { kind: 'int', value: 1 },
  });
  const back = c.before('Reshape', [mean, list(n, channels, ...places)]);
  const scaled = c.before('Mul', [back, scalar(c, floatOf(c.node, 'alpha', 1e-4))]);
  const base = c.before('Add', [scaled, scalar(c, floatOf(c.node, 'bias', 1))]);
  return as(c, 'Div', [first(c), c.before('Pow', [base, scalar(c, floatOf(c.node, 'beta', 0.75))])]);
};

/** y = scale·x/√(mean(x²) + ε) over the axes from `axis` on (Zhang & Sennrich 2019) */
const rmsNormalization: Upgrade = (c) => {
  const [x = '', scale = ''] = c.node.inputs;
  const rank = c.dims(x).length;
  const axis = intOf(c.node, 'axis', -1);
  const start = axis < 0 ? axis + rank : axis;
  const axes = Array.from({ length: rank - start }, (_, i) => start + i);
  const mean = c.before('ReduceMean', [c.before('Mul', [x, x]), c.constant(int64([axes.length], axes))]);
  const root = c.before('Sqrt', [c.before('Add', [mean, scalar(c, floatOf(c.node, 'epsilon', 1e-5))])]);
  return as(c, 'Mul', [c.before('Div', [x, root]), scale]);
};

/** Below everything that a score can be: softmax makes 0 of it. */
const NEVER = -1e30;

/** softmax(scale·QKᵀ + mask)·V for each head (Vaswani et al. 2017), without a cache of keys and values from before. */
const attention: Upgrade = (c) => {
  const [q = '', k = '', v = '', mask = '', ...past] = c.node.inputs;
  if (past.some((x) => x !== '') || c.node.outputs.slice(1).some((y) => y !== '')) {
    throw c.fail('keys and values from before, and its further outputs, are not known to onecycle');
  }
  const apart = c.dims(q).length === 4;
  const list = (...xs: number[]) => c.constant(int64([xs.length], xs));
  const perm = (...value: number[]) => ({ perm: { kind: 'ints', value } }) as const;
  /** [N, heads, tokens, channels] of what may be [N, tokens, heads · channels]. */
  const heads = (x: Value, count: number): Value => {
    const [n = 1, tokens = 1, channels = 1] = c.dims(x);
    if (apart) return x;
    return c.before(
      'Transpose',
      [c.before('Reshape', [x, list(n, tokens, count, channels / count)])],
      perm(0, 2, 1, 3),
    );
  };
  const [queries, keys] = [intOf(c.node, 'q_num_heads', 0), intOf(c.node, 'kv_num_heads', 0)];
  const [qHeads, kHeads] = apart ? [c.dims(q)[1], c.dims(k)[1]] : [queries, keys];
  if (qHeads !== kHeads || qHeads === 0) throw c.fail('heads that share keys and values are not known to onecycle');
  const lengths = [q, k].map((x) => c.dims(x).at(-2) ?? 1);
  const [rows = 1, columns = 1] = lengths;
  const width = (c.dims(q).at(-1) ?? 1) / (apart ? 1 : queries);
  const scaled = c.before('Mul', [heads(q, queries), scalar(c, floatOf(c.node, 'scale', 1 / Math.sqrt(width)))]);
  let scores = c.before('MatMul', [scaled, c.before('Transpose', [heads(k, keys)], perm(0, 1, 3, 2))]);
  const cap = floatOf(c.node, 'softcap', 0);
  if (cap !== 0) {
    const bent = c.before('Tanh', [c.before('Div', [scores, scalar(c, cap)])]);
    scores = c.before('Mul', [bent, scalar(c, cap)]);
  }
  if (intOf(c.node, 'is_causal', 0) === 1) {
    const later = Array.from({ length: rows * columns }, (_, i) => (i % columns > Math.floor(i / columns) ? NEVER : 0));
    scores = c.before('Add', [scores, c.constant(float32([rows, columns], later))]);
  }
  if (mask !== '') {
    const added = c.dtype(mask) === 'bool' ? c.before('Where', [mask, scalar(c, 0), scalar(c, NEVER)]) : mask;
    scores = c.before('Add', [scores, added]);
  }
  const shares = c.before('Softmax', [scores], { axis: { kind: 'int', value: -1 } });
  const values = [shares, heads(v, keys)];
  if (apart) return as(c, 'MatMul', values);
  const [n = 1, , channels = 1] = c.dims(v);
  const joined = c.before('Transpose', [c.before('MatMul', values)], perm(0, 2, 1, 3));
  return as(c, 'Reshape', [joined, list(n, rows, channels)]);
};

/** Columns of windows summed onto a picture: a transposed convolution whose kernels have a single one each. */
const columnsToImage: Upgrade = (c) => {
  const [x = '', ...shapes] = c.node.inputs;
  const [image, block] = shapes.map((value) => {
    const tensor = c.known(value);
    if (tensor === undefined) throw c.fail('a shape that depends on the data is not known to onecycle');
    return numbersOf(tensor);
  });
  if (image?.length !== 2 || block?.length !== 2) throw c.fail('it is known to onecycle over two axes only');
  const list = (name: string, none: number, length = 2) => intsOf(c.node, name) ?? Array<number>(length).fill(none);
  const [strides, dilations, pads] = [list('strides', 1), list('dilations', 1), list('pads', 0, 4)];
  const [n = 1, columns = 1] = c.dims(x);
  const [window, channels] = [sizeOf(block), columns / sizeOf(block)];
  const room = image.map((side, i) => side + at(pads, i) + at(pads, i + 2) - extent(at(block, i), at(dilations, i)));
  const steps = room.map((length, i) => Math.floor(length / at(strides, i)) + 1);
  const ints = (...value: number[]) => ({ kind: 'ints', value }) as const;
  const kernels = new Float32Array(columns * window);
  for (let i = 0; i < columns; i++) kernels[i * window + (i % window)] = 1;
  const windows = c.before('Reshape', [x, c.constant(int64([4], [n, columns, ...steps]))]);
  return as(c, 'ConvTranspose', [windows, c.constant(float32([columns, 1, ...block], kernels))], {
    ...{ group: { kind: 'int', value: channels }, kernel_shape: ints(...block) },
    ...{ strides: ints(...strides), dilations: ints(...dilations), pads: ints(...pads) },
    output_padding: ints(...room.map((length, i) => length % at(strides, i))),
  });
};

/** x·σ(αx) */
const swish =
  (alpha: (c: UpgradeContext) => number): Upgrade =>
  (c) => {
    const gate = c.before('Sigmoid', [c.before('Mul', [first(c), scalar(c, alpha(c))])]);
    return as(c, 'Mul', [first(c), gate]);
  };

/** Operators that are written by others, whose gradients are known; by operator, with its domain. */
export const COMPOSITIONS: Readonly<Record<string, Upgrade>> = {
  Elu: exponential((c) => ({ alpha: floatOf(c.node, 'alpha', 1), scale: 1, stretch: 1 })),
  Celu: exponential((c) => {
    const alpha = floatOf(c.node, 'alpha', 1);
    return { alpha, scale: 1, stretch: alpha };
  }),
  Selu: exponential((c) => {
    const alpha = floatOf(c.node, 'alpha', 1.6732632423543772);
    return { alpha, scale: floatOf(c.node, 'gamma', 1.0507009873554805), stretch: 1 };
  }),
  Mish: (c) => as(c, 'Mul', [first(c), c.before('Tanh', [c.before('Softplus', [first(c)])])]),
  Softsign: (c) => as(c, 'Div', [first(c), c.before('Add', [c.before('Abs', [first(c)]), scalar(c, 1)])]),
  Swish: swish((c) => floatOf(c.node, 'alpha', 1)),
  'com.microsoft:QuickGelu': swish((c) => floatOf(c.node, 'alpha', 1.702)),
  'com.microsoft:Gelu': (c) => as(c, 'Gelu', [first(c)]),
  Mean: (c) => as(c, 'Div', [c.before('Sum', c.node.inputs), scalar(c, c.node.inputs.length)]),
  ReduceL1: (c) => {
    const axes = c.node.attributes.axes;
    const given = axes?.kind === 'ints' ? [c.constant(int64([axes.value.length], axes.value))] : c.node.inputs.slice(1);
    const { axes: _, ...rest } = c.node.attributes;
    return as(c, 'ReduceSum', [c.before('Abs', [first(c)]), ...given], rest);
  },
  GroupNormalization: groupNormalization,
  LRN: localResponse,
  RMSNormalization: rmsNormalization,
  Attention: attention,
  Col2Im: columnsToImage,
};
