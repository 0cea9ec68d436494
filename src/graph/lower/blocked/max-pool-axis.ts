import { at } from '../../shapes/index.js';
import { float32, sizeOf, type Value } from '../../types.js';
import { type BlockedExtras, blockedConv } from './nodes.js';
import type { BlockedContext } from './rule.js';

/** A pooling's window along one axis of the plane, 0 down and 1 across. */
export interface AxisWindow {
  readonly axis: 0 | 1;
  readonly kernel: number;
  readonly stride: number;
  readonly begin: number;
  /** Places before and after pooling. */
  readonly input: number;
  readonly output: number;
}

/** Elements `offset`, `offset + stride`, … of an axis, `length` of them; those that are not there are zeros. */
interface Pick {
  readonly axis: 0 | 1;
  readonly offset: number;
  readonly stride: number;
  readonly length: number;
}

/** What 1 − x is less than 0 from, however small x, if multiplied by it: see `masks.ts`. */
const ANY = 2 ** 126;

/**
 * Some elements of x times `factor`, by a depthwise convolution: its kernel has one tap that is not 0, and as many zeros as it takes to have no
 * negative padding, which ONNX Runtime refuses.
 */
function picked(c: BlockedContext, x: Value, p: Pick, factor = 1, extras: BlockedExtras = {}): Value {
  const [, channels = 1, ...plane] = c.b.dims(x);
  const begin = Math.max(0, -p.offset);
  const tap = Math.max(0, p.offset);
  const size = at(plane, p.axis);
  const kernel = Math.max(tap + 1, size + begin - p.length * p.stride + 1);
  const end = Math.max(0, (p.length - 1) * p.stride + kernel - size - begin);
  const along = (value: number, other: number) => (p.axis === 0 ? [value, other] : [other, value]);
  // Blocked, as weights of a depthwise convolution are: [C/block, kernel, block].
  const taps = new Float32Array(channels * kernel);
  for (let i = 0; i < channels / c.block; i++) {
    const from = (i * kernel + tap) * c.block;
    taps.fill(factor, from, from + c.block);
  }
  const w = c.b.constant(float32([channels, 1, ...along(kernel, 1)], taps));
  const window = { kernel: along(kernel, 1), strides: along(p.stride, 1), group: channels };
  return blockedConv(c.b, x, w, { ...window, begin: along(begin, 0), end: along(end, 0) }, extras);
}

/** Where the window's tap lies in the input, by its place in the output. */
function placesOf(w: AxisWindow, tap: number): number[] {
  return Array.from({ length: w.output }, (_, i) => i * w.stride + tap - w.begin);
}

/**
 * 1 where an element of the windows has their maximum `top`, else 0: 1 − 2¹²⁶·(top − x), clipped. The difference is exact where it matters, since it
 * is 0 for equal numbers alone.
 */
function isTop(c: BlockedContext, x: Value, top: Value, w: AxisWindow, tap: number): Value {
  const pick = { axis: w.axis, offset: tap - w.begin, stride: w.stride, length: w.output };
  const extras: BlockedExtras = {
    sum: withoutPadding(c, top, w, tap),
    activation: { activation: 'HardSigmoid', params: [-ANY, 1] },
  };
  return picked(c, x, pick, -1, extras);
}

/** `top`, or infinity where a tap lies in the padding, which is zeros here and must not be taken for a maximum. */
function withoutPadding(c: BlockedContext, top: Value, w: AxisWindow, tap: number): Value {
  const places = placesOf(w, tap);
  const outside = (place: number) => place < 0 || place >= w.input;
  if (!places.some(outside)) return top;
  const [n = 1, channels = 1, height = 1, width = 1] = c.b.dims(top);
  const row = w.axis === 0 ? width * c.block : c.block;
  const never = new Float32Array(w.output * row);
  places.forEach((place, i) => {
    if (outside(place)) never.fill(Number.POSITIVE_INFINITY, i * row, (i + 1) * row);
  });
  const rows = c.b.integers((n * channels * height * width) / never.length, never.length);
  const added = c.b.op('Add', [c.b.op('Reshape', [top, rows]), c.b.constant(float32([1, never.length], never))]);
  return c.b.op('Reshape', [added, c.b.integers(n, channels, height, width)]);
}

/** What of the windows' gradients goes to each tap: all of it to the first that has the maximum. */
function byTap(c: BlockedContext, x: Value, top: Value, dtop: Value, w: AxisWindow): Value[] {
  let rest = dtop;
  const parts: Value[] = [];
  for (let tap = 0; tap < w.kernel - 1; tap++) {
    const part = c.b.op('Mul', [rest, isTop(c, x, top, w, tap)]);
    parts.push(part);
    // Nothing or all of it is left, exactly.
    rest = c.b.op('Sub', [rest, part]);
  }
  return [...parts, rest];
}

/**
 * The gradient with regard to x of its maxima `top` along one axis.
 *
 * @param dtop the gradient with regard to `top`
 */
export function maximaGrad(c: BlockedContext, x: Value, top: Value, dtop: Value, w: AxisWindow): Value {
  const parts = byTap(c, x, top, dtop, w);
  const phases = Array.from({ length: w.stride }, (_, phase) =>
    parts.flatMap((part, tap) => {
      const shift = (tap - w.begin - phase) / w.stride;
      return Number.isInteger(shift) ? [{ part, shift }] : [];
    }),
  );
  const reach = Math.max(...phases.flat().map(({ shift }) => shift));
  const length = Math.min(Math.ceil(w.input / w.stride), w.output + reach);
  const sums = phases.map((taps) => {
    const inPlace = ({ shift }: { shift: number }) => shift === 0 && length === w.output;
    const sorted = [...taps.filter(inPlace), ...taps.filter((t) => !inPlace(t))];
    let sum: Value | undefined;
    for (const t of sorted) {
      if (inPlace(t)) sum = t.part;
      else {
        const pick = { axis: w.axis, offset: -t.shift, stride: 1, length };
        sum = picked(c, t.part, pick, 1, sum === undefined ? {} : { sum });
      }
    }
    return sum ?? '';
  });
  return fitted(c, interleaved(c, sums, w.axis), w);
}

/** Elements of the parts take turns along an axis. */
function interleaved(c: BlockedContext, parts: readonly Value[], axis: 0 | 1): Value {
  const [first = ''] = parts;
  if (parts.length === 1) return first;
  const [n = 1, channels = 1, height = 1, width = 1] = c.b.dims(first);
  const run = axis === 0 ? width * c.block : c.block;
  const rows = c.b.integers(sizeOf([n, channels, height, width]) / run, run);
  const together = c.b.op(
    'Concat',
    parts.map((part) => c.b.op('Reshape', [part, rows])),
    { axis: 1 },
  );
  const dims = axis === 0 ? [height * parts.length, width] : [height, width * parts.length];
  return c.b.op('Reshape', [together, c.b.integers(n, channels, ...dims)]);
}

/** As long along the axis as the input, of which windows may see less, and phases more. */
function fitted(c: BlockedContext, x: Value, w: AxisWindow): Value {
  if (at(c.b.dims(x), 2 + w.axis) === w.input) return x;
  return picked(c, x, { axis: w.axis, offset: 0, stride: 1, length: w.input });
}
