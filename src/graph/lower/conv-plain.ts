import type { GraphBuilder } from '../builder.js';
import { type GradWindow, gradWindow } from '../grad-window.js';
import { at } from '../shapes/index.js';
import { sizeOf, type Value } from '../types.js';
import { zeroBiasAfter } from './after.js';
import { product } from './products.js';
import type { LowerRule } from './rule.js';
import { all, isPointwise, transposedPads } from './window-attributes.js';

/** Weights [O, I/g, …] as those of the transposed convolution: [I, O/g, …], spatially flipped. */
export function flippedWeights(b: GraphBuilder, w: Value, group: number): Value {
  const [o = 1, ig = 1, ...kernel] = b.dims(w);
  let flipped = w;
  if (!all(kernel, 1)) {
    const n = kernel.length;
    const axes = b.integers(...kernel.map((_, i) => i + 2));
    const far = Array<number>(n).fill(-(2 ** 31));
    flipped = b.op('Slice', [
      w,
      b.integers(...Array<number>(n).fill(-1)),
      b.integers(...far),
      axes,
      b.integers(...Array<number>(n).fill(-1)),
    ]);
  }
  const og = o / group;
  if (og === 1 && ig === 1) return flipped;
  const spatial = kernel.map((_, i) => i);
  if (group === 1) return b.op('Transpose', [flipped], { perm: [1, 0, ...spatial.map((i) => i + 2)] });
  const split = b.op('Reshape', [flipped, b.integers(group, og, ig, ...kernel)]);
  const swapped = b.op('Transpose', [split], { perm: [0, 2, 1, ...spatial.map((i) => i + 3)] });
  return b.op('Reshape', [swapped, b.integers(group * ig, og, ...kernel)]);
}

/** dx: at stride 1 a convolution with flipped weights, which is the fastest; a ConvTranspose otherwise. */
export const convInputGrad: LowerRule = (c) => {
  const { b } = c;
  const w = gradWindow(c.node);
  const [dy, weights] = [c.x(0), c.x(1)];
  const output = c.dims(0).slice(2);
  const pads = all(w.strides, 1) ? transposedPads(w, output) : undefined;
  const bias = zeroBiasAfter(b, c.node.inputs.slice(2), at(w.shape, 1));
  const after = bias === undefined ? [] : [bias];
  if (pads !== undefined) {
    return [
      b.op('Conv', [dy, flippedWeights(b, weights, w.group), ...after], {
        kernel_shape: w.kernel,
        dilations: w.dilations,
        pads: [...pads.begin, ...pads.end],
        group: w.group,
      }),
    ];
  }
  // What the last window did not reach gets no gradient: output_padding adds it.
  const rest = w.kernel.map((k, i) => {
    const reach = (at(output, i) - 1) * at(w.strides, i) + (k - 1) * at(w.dilations, i) + 1;
    return at(w.shape, i + 2) - (reach - at(w.begin, i) - at(w.end, i));
  });
  return [
    b.op('ConvTranspose', [dy, weights, ...after], {
      kernel_shape: w.kernel,
      strides: w.strides,
      dilations: w.dilations,
      pads: [...w.begin, ...w.end],
      output_padding: rest,
      group: w.group,
    }),
  ];
};

/** Planes of at least this many elements multiply faster picture by picture than joined over the batch (measured). */
const JOIN_BELOW = 256;

export const convWeightGrad: LowerRule = (c) => {
  const w = gradWindow(c.node);
  const [dy, x] = [c.x(0), c.x(1)];
  if (isPointwise(w)) return [pointwiseWeightGrad(c.b, dy, strided(c.b, x, w), w)];
  const [, ig = 1] = w.shape;
  // With few input channels a matrix product has too short a side.
  if (w.group === 1 && ig > 4) return [tapWise(c.b, dy, x, w)];
  return [w.group === 1 ? asConvOverBatch(c.b, dy, x, w) : groupedWeightGrad(c.b, dy, x, w)];
};

/** The elements of x that a 1×1 convolution with strides sees. */
export function strided(b: GraphBuilder, x: Value, w: GradWindow): Value {
  if (all(w.strides, 1)) return x;
  const spatial = b.dims(x).slice(2);
  return b.op('Slice', [
    x,
    b.integers(...spatial.map(() => 0)),
    b.integers(...spatial),
    b.integers(...spatial.map((_, i) => i + 2)),
    b.integers(...w.strides),
  ]);
}

/** dW[o, i] = Σ over pictures and places of dy[n, o, p]·x[n, i, p] */
function pointwiseWeightGrad(b: GraphBuilder, dy: Value, x: Value, w: GradWindow): Value {
  return b.op('Reshape', [sumOfProducts(b, dy, x), b.integers(...w.shape)]);
}

/** Σ over pictures and places of x·yᵀ, [C, D], for x [N, C, …] and y [N, D, …]. */
export function sumOfProducts(b: GraphBuilder, x: Value, y: Value): Value {
  const [n = 1, c = 1, ...spatial] = b.dims(x);
  const [, d = 1] = b.dims(y);
  const plane = sizeOf(spatial);
  const flat = (v: Value, channels: number) => b.op('Reshape', [v, b.integers(n, channels, plane)]);
  if (plane >= JOIN_BELOW || n === 1) {
    const products = product(b, flat(x, c), flat(y, d), { right: true });
    return b.op('ReduceSum', [products, b.integers(0)], { keepdims: 0 });
  }
  const joined = (v: Value, channels: number) =>
    b.op('Reshape', [b.op('Transpose', [flat(v, channels)], { perm: [1, 0, 2] }), b.integers(channels, n * plane)]);
  return b.op('Gemm', [joined(x, c), joined(y, d)], { transB: 1 });
}

/** Pads and turns channels last once; then each tap of the kernel is one matrix product of a shifted view. */
function tapWise(b: GraphBuilder, dy: Value, x: Value, w: GradWindow): Value {
  const [n = 1, o = 1, ...output] = b.dims(dy);
  const [, i = 1] = b.dims(x);
  const last = [0, ...output.map((_, a) => a + 2), 1];
  const padded = all([...w.begin, ...w.end], 0) ? x : b.op('Pad', [x, b.integers(0, 0, ...w.begin, 0, 0, ...w.end)]);
  const xs = b.op('Transpose', [padded], { perm: last });
  const places = n * sizeOf(output);
  const rows = b.op('Reshape', [b.op('Transpose', [dy], { perm: last }), b.integers(places, o)]);
  const spatialAxes = b.integers(...output.map((_, a) => a + 1));
  const taps = kernelTaps(w.kernel).map((tap) => {
    const starts = tap.map((k, a) => k * at(w.dilations, a));
    const ends = starts.map((s, a) => s + (at(output, a) - 1) * at(w.strides, a) + 1);
    const view = b.op('Slice', [xs, b.integers(...starts), b.integers(...ends), spatialAxes, b.integers(...w.strides)]);
    const product = b.op('Gemm', [rows, b.op('Reshape', [view, b.integers(places, i)])], { transA: 1 });
    return b.op('Reshape', [product, b.integers(o, i, 1)]);
  });
  const joined = taps.length === 1 ? (taps[0] ?? '') : b.op('Concat', taps, { axis: 2 });
  return b.op('Reshape', [joined, b.integers(...w.shape)]);
}

/** Every place of a kernel, row by row. */
function kernelTaps(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, k) => taps.flatMap((tap) => Array.from({ length: k }, (_, i) => [...tap, i])),
    [[]],
  );
}

/** Batch and channels swapped, dy as the kernel, strides and dilations swapped: good for few input channels. */
function asConvOverBatch(b: GraphBuilder, dy: Value, x: Value, w: GradWindow): Value {
  const spatial = w.kernel.map((_, i) => i + 2);
  const swap = (v: Value) => b.op('Transpose', [v], { perm: [1, 0, ...spatial] });
  const y = b.op('Conv', [swap(x), swap(dy)], {
    kernel_shape: b.dims(dy).slice(2),
    strides: w.dilations,
    dilations: w.strides,
    pads: [...w.begin, ...w.end],
  });
  return swap(trimmed(b, y, w.kernel));
}

/** Every picture and input channel as a group of its own, dy as the kernel. */
function groupedWeightGrad(b: GraphBuilder, dy: Value, x: Value, w: GradWindow): Value {
  const [n = 1, o = 1, ...output] = b.dims(dy);
  const [, i = 1, ...input] = b.dims(x);
  const ig = i / w.group;
  const og = o / w.group;
  // dy [n, g, og] meets x [n, g, ig]: for every input channel all output channels of its group.
  let kernel = b.op('Reshape', [dy, b.integers(n, w.group, 1, og, ...output)]);
  if (ig > 1) kernel = b.op('Expand', [kernel, b.integers(n, w.group, ig, og, ...output)]);
  kernel = b.op('Reshape', [kernel, b.integers(n * i * og, 1, ...output)]);
  const y = b.op('Conv', [b.op('Reshape', [x, b.integers(1, n * i, ...input)]), kernel], {
    kernel_shape: output,
    strides: w.dilations,
    dilations: w.strides,
    pads: [...w.begin, ...w.end],
    group: n * i,
  });
  const parts = b.op('Reshape', [trimmed(b, y, w.kernel), b.integers(n, w.group, ig, og, ...w.kernel)]);
  const sum = b.op('ReduceSum', [parts, b.integers(0)], { keepdims: 0 });
  const spatial = w.kernel.map((_, a) => a + 3);
  const ordered = ig === 1 || og === 1 ? sum : b.op('Transpose', [sum], { perm: [0, 2, 1, ...spatial] });
  return b.op('Reshape', [ordered, b.integers(...w.shape)]);
}

/** Cuts what lies beyond the kernel: rows that no window of the forward pass began at. */
export function trimmed(b: GraphBuilder, y: Value, kernel: readonly number[]): Value {
  const spatial = b.dims(y).slice(2);
  if (spatial.every((d, i) => d === kernel[i])) return y;
  return b.op('Slice', [
    y,
    b.integers(...kernel.map(() => 0)),
    b.integers(...kernel),
    b.integers(...kernel.map((_, i) => i + 2)),
  ]);
}
