import { floatOf, intOf } from './attributes.js';
import { float32, int64, type Value } from './types.js';
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
};
