import type { GraphBuilder } from '../../builder.js';
import { isOwn } from '../../ops.js';
import { at } from '../../shapes/index.js';
import { type Window, windowOf } from '../../shapes/window.js';
import type { Value } from '../../types.js';
import { all } from '../window-attributes.js';
import { positive } from './masks.js';
import { type AxisWindow, maximaGrad } from './max-pool-axis.js';
import { blockedOp } from './nodes.js';
import type { BlockedContext, BlockedRule } from './rule.js';

/** Down and across together: 13 × 13 was measured to take half of the plain layout's time, and nodes grow with it, kernels with its square. */
const MOST_TAPS = 26;

/** Inputs of MaxPoolGrad; the third, each maximum's place among all elements, is for the plain layout. */
const [DY, X] = [0, 1];

interface BlockedWindow {
  readonly down: AxisWindow;
  readonly across: AxisWindow;
}

/** The window that a pooling has down and across, if it is computed in the blocked layout. */
function blockedWindow(c: BlockedContext, x: number): BlockedWindow | undefined {
  if (!c.isBlocked(x) || c.dims(x).length !== 4) return undefined;
  const w = windowOf(c.node, c.dims(x).slice(2));
  if (!all(w.dilations, 1)) return undefined;
  return { down: along(w, 0), across: along(w, 1) };
}

/** Whether the gradient is computed without the indices of maxima, too: each phase of the strides must be in some window. */
function hasGradient({ down, across }: BlockedWindow): boolean {
  return down.kernel + across.kernel <= MOST_TAPS && [down, across].every((w) => w.kernel >= w.stride);
}

function along(w: Window, axis: 0 | 1): AxisWindow {
  const [kernel, stride, begin] = [at(w.kernel, axis), at(w.strides, axis), at(w.begin, axis)];
  return { axis, kernel, stride, begin, input: at(w.input, axis), output: at(w.output, axis) };
}

/** The maxima along both axes, or along one. */
function maxima(b: GraphBuilder, x: Value, windows: readonly AxisWindow[]): Value {
  const [n = 1, channels = 1, ...plane] = b.dims(x);
  const by = (value: (w: AxisWindow) => number, other: number): number[] =>
    [0, 1].map((axis) => {
      const w = windows.find((a) => a.axis === axis);
      return w === undefined ? other : value(w);
    });
  const end = (w: AxisWindow) => Math.max(0, (w.output - 1) * w.stride + w.kernel - w.input - w.begin);
  const output = plane.map((size, axis) => windows.find((w) => w.axis === axis)?.output ?? size);
  const attributes = {
    kernel_shape: by((w) => w.kernel, 1),
    strides: by((w) => w.stride, 1),
    pads: [...by((w) => w.begin, 0), ...by(end, 0)],
  };
  return blockedOp(b, 'MaxPool', [x], [n, channels, ...output], attributes);
}

/** Whoever wants the gradient finds the maxima of rows there already. */
export const maxPool: BlockedRule = (c) => {
  const windows = blockedWindow(c, 0);
  if (windows === undefined) return undefined;
  const { down, across } = windows;
  const gradient = c.onlyReader(1);
  if (c.used(1) && !(isOwn(gradient, 'MaxPoolGrad') && hasGradient(windows))) return undefined;
  const x = c.blocked(0);
  const y = c.used(1) ? maxima(c.b, maxima(c.b, x, [across]), [down]) : maxima(c.b, x, [down, across]);
  return { outputs: [{ blocked: y, channels: at(c.dims(0), 1) }] };
};

/**
 * The first maximum of a window is in the first row whose maximum it is, and the first one there: gradients go down to rows, then across to
 * their elements. A ReLU before the pooling masks the maxima alone: what is not a maximum has no gradient.
 */
export const maxPoolGrad: BlockedRule = (c) => {
  const windows = blockedWindow(c, X);
  if (windows === undefined || !hasGradient(windows)) return undefined;
  const { down, across } = windows;
  const x = c.blocked(X);
  const rows = maxima(c.b, x, [across]);
  const y = maxima(c.b, rows, [down]);
  const reader = c.onlyReader(0);
  const relu = isOwn(reader, 'ReluGrad') && reader.inputs[1] === c.node.inputs[X] ? reader : undefined;
  const dy = relu === undefined ? c.blocked(DY) : c.b.op('Mul', [c.blocked(DY), positive(c, y)]);
  const drows = maximaGrad(c, rows, y, dy, down);
  const dx = maximaGrad(c, x, rows, drows, across);
  return { outputs: [{ blocked: dx, channels: at(c.dims(X), 1) }], took: relu };
};
