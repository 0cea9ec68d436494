import { floatOf, intOf, intsOf, stringOf } from '../attributes.js';
import { at, axisOf } from '../shapes/index.js';
import { axisMatrix, type Rows } from './axis-matrix.js';
import type { GradientContext, GradientRule } from './rule.js';

/** Resizing is a linear map of each axis; dy goes through the transposes of their matrices. */
export const resize: GradientRule = (c) => {
  const x = c.dims(0);
  const y = c.b.dims(c.y());
  const scales = axisScales(c, x, y);
  let g = c.dy;
  x.forEach((size, axis) => {
    const scale = at(scales, axis);
    if (size === at(y, axis) && scale === 1) return;
    g = axisMatrix(c.b, g, axis, resizeRows(c, size, at(y, axis), scale));
  });
  return [g];
};

/** Output length over input length by axis: as given, or by the sizes. */
function axisScales(c: GradientContext, x: readonly number[], y: readonly number[]): number[] {
  if (!c.has(2) || c.dims(2)[0] === 0) return x.map((d, i) => at(y, i) / d);
  const given = c.floats(2);
  const axes = (intsOf(c.node, 'axes') ?? x.map((_, i) => i)).map((a) => axisOf(a, x.length));
  return x.map((_, i) => given[axes.indexOf(i)] ?? 1);
}

/** For each output place the weights of the input places, by ONNX's definition of Resize. */
function resizeRows(c: GradientContext, input: number, output: number, scale: number): Rows {
  const mode = stringOf(c.node, 'mode', 'nearest');
  if (intOf(c.node, 'antialias', 0) === 1) throw c.fail('it has no gradient with antialias');
  const nearest = nearestPlace(c);
  return Array.from({ length: output }, (_, i) => {
    const place = sourcePlace(c, i, input, output, scale);
    const row = Array<number>(input).fill(0);
    const put = (at: number, weight: number): void => {
      const inside = Math.min(Math.max(at, 0), input - 1);
      row[inside] = (row[inside] ?? 0) + weight;
    };
    const low = Math.floor(place);
    const t = place - low;
    switch (mode) {
      case 'nearest':
        put(nearest(place), 1);
        return row;
      case 'linear':
        put(low, 1 - t);
        put(low + 1, t);
        return row;
      case 'cubic':
        cubicWeights(c, t, (k) => low + k >= 0 && low + k < input).forEach((weight, k) => {
          put(low + k - 1, weight);
        });
        return row;
      default:
        throw c.fail(`mode "${mode}" is not known to onecycle`);
    }
  });
}

/** Where an output place lies among the input's. */
function sourcePlace(c: GradientContext, i: number, input: number, output: number, scale: number): number {
  const transform = stringOf(c.node, 'coordinate_transformation_mode', 'half_pixel');
  switch (transform) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      const adjustment = output / (scale * input);
      return (input / 2) * (1 - adjustment) + (i + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return output > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case 'asymmetric':
      return i / scale;
    case 'align_corners':
      return output === 1 ? 0 : (i * (input - 1)) / (output - 1);
    default:
      throw c.fail(`it has no gradient with coordinate_transformation_mode "${transform}"`);
  }
}

function nearestPlace(c: GradientContext): (place: number) => number {
  const mode = stringOf(c.node, 'nearest_mode', 'round_prefer_floor');
  switch (mode) {
    case 'round_prefer_floor':
      return (p) => Math.ceil(p - 0.5);
    case 'round_prefer_ceil':
      return (p) => Math.floor(p + 0.5);
    case 'floor':
      return Math.floor;
    case 'ceil':
      return Math.ceil;
    default:
      throw c.fail(`nearest_mode "${mode}" is not known to onecycle`);
  }
}

/** The four weights of Keys' cubic convolution; with exclude_outside those of places outside are dropped. */
function cubicWeights(c: GradientContext, t: number, inside: (k: number) => boolean): number[] {
  const a = floatOf(c.node, 'cubic_coeff_a', -0.75);
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const weights = [far(1 + t), near(t), near(1 - t), far(2 - t)];
  if (intOf(c.node, 'exclude_outside', 0) === 0) return weights;
  const left = weights.map((w, k) => (inside(k - 1) ? w : 0));
  const sum = left.reduce((s, w) => s + w, 0);
  return left.map((w) => w / sum);
}
