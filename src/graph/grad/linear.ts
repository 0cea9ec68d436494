import { floatOf, intOf } from '../attributes.js';
import { OWN_DOMAIN } from '../ops.js';
import { windowOf } from '../shapes/window.js';
import type { Node } from '../types.js';
import { type GradientRule, reshapeTo, sumTo } from './rule.js';

/** A convolution's window as attributes of its gradient's nodes, free of auto_pad. */
function windowAttributes(node: Node, x: readonly number[], w: readonly number[]) {
  const { kernel, strides, dilations, begin, end, group } = windowOf(node, x.slice(2), w.slice(2));
  return { kernel_shape: kernel, strides, dilations, pads: [...begin, ...end], group };
}

/** y = x ∗ w + b: dx and dw in the form that lowering chooses; db sums over all but the channels. */
export const conv: GradientRule = (c) => {
  const { b, dy } = c;
  const own = { domain: OWN_DOMAIN };
  const attributes = windowAttributes(c.node, c.dims(0), c.dims(1));
  const spatial = c
    .dims(0)
    .slice(2)
    .map((_, i) => i + 2);
  return [
    c.needs(0) ? b.op('ConvInputGrad', [dy, c.x(1)], { ...attributes, shape: c.dims(0) }, own) : undefined,
    c.needs(1) ? b.op('ConvWeightGrad', [dy, c.x(0)], { ...attributes, shape: c.dims(1) }, own) : undefined,
    c.needs(2) ? b.op('ReduceSum', [dy, b.integers(0, ...spatial)], { keepdims: 0 }) : undefined,
  ];
};

/** y = α·op(A)·op(B) + β·C */
export const gemm: GradientRule = (c) => {
  const { b, dy } = c;
  const alpha = floatOf(c.node, 'alpha', 1);
  const transA = intOf(c.node, 'transA', 0);
  const transB = intOf(c.node, 'transB', 0);
  const [A, B] = [c.x(0), c.x(1)];
  const gradA = () =>
    transA
      ? b.op('Gemm', [B, dy], { alpha, transA: transB, transB: 1 })
      : b.op('Gemm', [dy, B], { alpha, transB: transB ? 0 : 1 });
  const gradB = () =>
    transB
      ? b.op('Gemm', [dy, A], { alpha, transA: 1, transB: transA })
      : b.op('Gemm', [A, dy], { alpha, transA: transA ? 0 : 1 });
  const gradC = () => {
    const beta = floatOf(c.node, 'beta', 1);
    const sum = sumTo(b, dy, c.dims(2));
    return beta === 1 ? sum : b.op('Mul', [sum, b.scalar(beta)]);
  };
  return [c.needs(0) ? gradA() : undefined, c.needs(1) ? gradB() : undefined, c.needs(2) ? gradC() : undefined];
};

/** y = A·B over the last two axes, batch axes broadcast; a vector stands for a row or a column. */
export const matMul: GradientRule = (c) => {
  const { b } = c;
  const [a, w] = [c.dims(0), c.dims(1)];
  const left = a.length === 1 ? [1, ...a] : a;
  const right = w.length === 1 ? [...w, 1] : w;
  const out = [...c.b.dims(c.y())];
  if (w.length === 1) out.push(1);
  if (a.length === 1) out.splice(out.length - 1, 0, 1);
  const dy = reshapeTo(b, c.dy, out);
  const swapped = (x: string) => {
    const rank = b.dims(x).length;
    const perm = b.dims(x).map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
    return b.op('Transpose', [x], { perm });
  };
  const A = reshapeTo(b, c.x(0), left);
  const B = reshapeTo(b, c.x(1), right);
  return [
    c.needs(0) ? reshapeTo(b, sumTo(b, b.op('MatMul', [dy, swapped(B)]), left), a) : undefined,
    c.needs(1) ? reshapeTo(b, sumTo(b, b.op('MatMul', [swapped(A), dy]), right), w) : undefined,
  ];
};
