import { floatOf, intOf, stringOf } from '../attributes.js';
import type { GraphBuilder } from '../builder.js';
import { OWN_DOMAIN } from '../ops.js';
import { at } from '../shapes/index.js';
import { einsumTerms, transposedWindow } from '../shapes/linear.js';
import { windowOf } from '../shapes/window.js';
import type { Node, Value } from '../types.js';
import { expandTo, type GradientRule, reshapeTo, sumTo } from './rule.js';

/** A convolution's window as attributes of its gradient's nodes, free of auto_pad. */
function windowAttributes(node: Node, x: readonly number[], w: readonly number[]) {
  const { kernel, strides, dilations, begin, end, group } = windowOf(node, x.slice(2), w.slice(2));
  return { kernel_shape: kernel, strides, dilations, pads: [...begin, ...end], group };
}

/** The sum for each channel: a convolution's bias gradient. */
function channelSum(b: GraphBuilder, dy: Value): Value {
  const axes = b.dims(dy).flatMap((_, i) => (i === 1 ? [] : [i]));
  return b.op('ReduceSum', [dy, b.integers(...axes)], { keepdims: 0 });
}

/** Cuts what output_padding added beyond a whole stride. */
function cropTo(b: GraphBuilder, x: Value, dims: readonly number[]): Value {
  const axes = dims.flatMap((d, i) => (b.dims(x)[i] === d ? [] : [i]));
  if (axes.length === 0) return x;
  const ends = axes.map((a) => at(dims, a));
  return b.op('Slice', [x, b.integers(...ends.map(() => 0)), b.integers(...ends), b.integers(...axes)]);
}

/**
 * y = x ∗ w + b: dx and dw in the form that lowering chooses; db sums over all but the channels. dx waits for the others:
 * once it is there the backward pass goes on, and x and dy should not have to stay in memory for them.
 */
export const conv: GradientRule = (c) => {
  const { b, dy } = c;
  const own = { domain: OWN_DOMAIN };
  const attributes = windowAttributes(c.node, c.dims(0), c.dims(1));
  const dw = c.needs(1) ? b.op('ConvWeightGrad', [dy, c.x(0)], { ...attributes, shape: c.dims(1) }, own) : undefined;
  const db = c.needs(2) ? channelSum(b, dy) : undefined;
  const inputs = [dy, c.x(1), ...[dw, db].filter((v) => v !== undefined)];
  const dx = c.needs(0) ? b.op('ConvInputGrad', inputs, { ...attributes, shape: c.dims(0) }, own) : undefined;
  return [dx, dw, db];
};

/** The adjoint of a convolution: dx is that convolution of dy, dw pairs dy as its input with x as its output's gradient. */
export const convTranspose: GradientRule = (c) => {
  const { b, dy } = c;
  const [x, w] = [c.dims(0), c.dims(1)];
  const { begin, end, strides, dilations } = transposedWindow(c.node, x.slice(2), w.slice(2));
  const group = intOf(c.node, 'group', 1);
  const attributes = { kernel_shape: w.slice(2), strides, dilations, pads: [...begin, ...end], group };
  return [
    c.needs(0) ? cropTo(b, b.op('Conv', [dy, c.x(1)], attributes), x) : undefined,
    c.needs(1) ? b.op('ConvWeightGrad', [c.x(0), dy], { ...attributes, shape: w }, { domain: OWN_DOMAIN }) : undefined,
    c.needs(2) ? channelSum(b, dy) : undefined,
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

/**
 * A product of tensors summed over the letters that the output lacks. The gradient of one input is the product of dy and
 * the other inputs, summed to that input's letters; a letter that only this input has was summed: its gradient is repeated.
 */
export const einsum: GradientRule = (c) => {
  const { b } = c;
  const { inputs, output } = einsumTerms(stringOf(c.node, 'equation', ''));
  if ([...inputs, output].some((term) => new Set(term).size < term.length)) {
    throw c.fail('it has no gradient where a letter is repeated within a term (a diagonal)');
  }
  return inputs.map((letters, i) => {
    if (!c.needs(i)) return undefined;
    const others = inputs.flatMap((_, j) => (j === i ? [] : [j]));
    const terms = [output, ...others.map((j) => inputs[j] ?? '')];
    const given = [...letters].filter((letter) => terms.some((term) => term.includes(letter)));
    const equation = `${terms.join()}->${given.join('')}`;
    const g = b.op('Einsum', [c.dy, ...others.map((j) => c.x(j))], { equation });
    const lengths = b.dims(g);
    const spread = [...letters].map((letter) => lengths[given.indexOf(letter)] ?? 1);
    const dims = c.dims(i);
    return expandTo(
      b,
      sumTo(
        b,
        reshapeTo(b, g, spread),
        dims.map((d, j) => (spread[j] === 1 ? 1 : d)),
      ),
      dims,
    );
  });
};
