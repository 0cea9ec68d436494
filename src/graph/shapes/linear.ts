import { intOf, intsOf, stringOf } from '../attributes.js';
import { at, broadcastDims, type ShapeRule } from './rule.js';
import { extent, windowOf } from './window.js';

export const conv: ShapeRule = (c) => {
  const x = c.dims(0);
  const w = c.dims(1);
  const window = windowOf(c.node, x.slice(2), w.slice(2));
  if (at(x, 1) !== at(w, 1) * window.group) {
    throw c.fail(
      `input [${x}] has ${x[1]} channels, weights [${w}] with ${window.group} groups want ${at(w, 1) * window.group}`,
    );
  }
  return [{ dtype: c.dtype(0), dims: [at(x, 0), at(w, 0), ...window.output] }];
};

export const convTranspose: ShapeRule = (c) => {
  const x = c.dims(0);
  const w = c.dims(1);
  const rank = x.length - 2;
  const g = transposedWindow(c.node, x.slice(2), w.slice(2));
  return [{ dtype: c.dtype(0), dims: [at(x, 0), at(w, 1) * intOf(c.node, 'group', 1), ...g.output.slice(0, rank)] }];
};

/** Pads and output shape of a ConvTranspose node. */
export function transposedWindow(
  node: Parameters<typeof windowOf>[0],
  input: readonly number[],
  kernel: readonly number[],
): { begin: number[]; end: number[]; output: number[]; strides: readonly number[]; dilations: readonly number[] } {
  const rank = input.length;
  const strides = intsOf(node, 'strides') ?? Array<number>(rank).fill(1);
  const dilations = intsOf(node, 'dilations') ?? Array<number>(rank).fill(1);
  const extra = intsOf(node, 'output_padding') ?? Array<number>(rank).fill(0);
  const pads = intsOf(node, 'pads') ?? Array<number>(2 * rank).fill(0);
  const wanted = intsOf(node, 'output_shape');
  const autoPad = stringOf(node, 'auto_pad', 'NOTSET');
  const begin: number[] = [];
  const end: number[] = [];
  const output: number[] = [];
  for (let i = 0; i < rank; i++) {
    const full = (at(input, i) - 1) * at(strides, i) + at(extra, i) + extent(at(kernel, i), at(dilations, i));
    const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
    const target = wanted !== undefined ? at(wanted.slice(-rank), i) : same ? at(input, i) * at(strides, i) : undefined;
    if (target === undefined) {
      begin.push(at(pads, i));
      end.push(at(pads, rank + i));
      output.push(full - at(pads, i) - at(pads, rank + i));
      continue;
    }
    const total = Math.max(0, full - target);
    const small = Math.floor(total / 2);
    begin.push(autoPad === 'SAME_UPPER' ? small : total - small);
    end.push(autoPad === 'SAME_UPPER' ? total - small : small);
    output.push(target);
  }
  return { begin, end, output, strides, dilations };
}

export const gemm: ShapeRule = (c) => {
  const a = c.dims(0);
  const b = c.dims(1);
  const [m, ka] = intOf(c.node, 'transA', 0) ? [at(a, 1), at(a, 0)] : [at(a, 0), at(a, 1)];
  const [kb, n] = intOf(c.node, 'transB', 0) ? [at(b, 1), at(b, 0)] : [at(b, 0), at(b, 1)];
  if (ka !== kb) throw c.fail(`[${a}] and [${b}] do not multiply`);
  return [{ dtype: c.dtype(0), dims: [m, n] }];
};

export const matMul: ShapeRule = (c) => {
  const a = c.dims(0);
  const b = c.dims(1);
  // A vector stands for a row on the left, for a column on the right; its axis is dropped from the result.
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  if (left.at(-1) !== right.at(-2)) throw c.fail(`[${a}] and [${b}] do not multiply`);
  const batch = broadcastDims(left.slice(0, -2), right.slice(0, -2));
  const rows = a.length === 1 ? [] : [at(a, a.length - 2)];
  const columns = b.length === 1 ? [] : [at(b, b.length - 1)];
  return [{ dtype: c.dtype(0), dims: [...batch, ...rows, ...columns] }];
};

/** The letters of an Einsum equation: one list for each input, and one for the output. No ellipsis. */
export function einsumTerms(equation: string): { inputs: string[]; output: string } {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  if (left === undefined || equation.includes('.'))
    throw new Error(`Einsum equation "${equation}" is not known to onecycle`);
  const inputs = left.split(',');
  if (right !== undefined) return { inputs, output: right };
  const letters = [...inputs.join('')].sort();
  return { inputs, output: letters.filter((l) => letters.indexOf(l) === letters.lastIndexOf(l)).join('') };
}

export const einsum: ShapeRule = (c) => {
  const { inputs, output } = einsumTerms(stringOf(c.node, 'equation', ''));
  const size = new Map<string, number>();
  inputs.forEach((letters, i) => {
    const dims = c.dims(i);
    if (letters.length !== dims.length) throw c.fail(`"${letters}" does not fit [${dims}]`);
    [...letters].forEach((letter, j) => {
      size.set(letter, Math.max(size.get(letter) ?? 1, at(dims, j)));
    });
  });
  return [{ dtype: c.dtype(0), dims: [...output].map((letter) => size.get(letter) ?? 1) }];
};
