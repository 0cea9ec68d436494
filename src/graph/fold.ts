import { intOf, intsOf } from './attributes.js';
import { dtypeOfCode } from './dtype-code.js';
import { opKey } from './ops.js';
import { reducedAxes } from './shapes/axis.js';
import { inferTypes, type ShapeContext, type TensorType } from './shapes/index.js';
import { constantTensor, shapePart, slicesOf } from './shapes/movement.js';
import { at, axisOf } from './shapes/rule.js';
import { int64, numbersOf, sizeOf, type TensorData, toInt64 } from './types.js';

/** Larger results are left to ONNX Runtime: only the arithmetic of shapes is done here. */
const MOST_ELEMENTS = 4096;

interface FoldContext extends ShapeContext {
  /** The elements of an input. */
  values(input: number): readonly number[];
  /** The type of the result. */
  readonly type: TensorType;
}

type Fold = (c: FoldContext) => readonly number[];

/** Elementwise over inputs that broadcast. */
const elementwise =
  (f: (...xs: readonly number[]) => number): Fold =>
  (c) => {
    const inputs = c.node.inputs.map((_, i) => ({ values: c.values(i), dims: c.dims(i) }));
    return places(c.type.dims).map((place) => f(...inputs.map(({ values, dims }) => values[offset(place, dims)] ?? 0)));
  };

/** Every place of a shape, row by row. */
function places(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>((all, d) => all.flatMap((p) => Array.from({ length: d }, (_, i) => [...p, i])), [[]]);
}

/** Where the element at a place of the output lies in an input that broadcasts to it. */
function offset(place: readonly number[], dims: readonly number[]): number {
  const lead = place.length - dims.length;
  return dims.reduce((n, d, i) => n * d + (d === 1 ? 0 : at(place, i + lead)), 0);
}

/** Takes elements of input 0: for each place of the output, the place in the input. */
const moved =
  (source: (c: FoldContext) => (place: readonly number[]) => readonly number[]): Fold =>
  (c) => {
    const [values, dims, from] = [c.values(0), c.dims(0), source(c)];
    return places(c.type.dims).map((place) => values[offset(from(place), dims)] ?? 0);
  };

const unchanged: Fold = (c) => c.values(0);

const gather = moved((c) => {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), x.length);
  const [indices, rank] = [c.values(1), c.dims(1).length];
  return (place) => {
    const index = indices[offset(place.slice(axis, axis + rank), c.dims(1))] ?? 0;
    return [...place.slice(0, axis), axisOf(index, at(x, axis)), ...place.slice(axis + rank)];
  };
});

const slice = moved((c) => {
  const slices = slicesOf(c);
  return (place) =>
    place.map((p, i) => {
      const s = slices.find(({ axis }) => axis === i);
      return s === undefined ? p : s.start + p * s.step;
    });
});

const transpose = moved((c) => {
  const perm = intsOf(c.node, 'perm') ?? c.dims(0).map((_, i, all) => all.length - 1 - i);
  return (place) => c.dims(0).map((_, i) => at(place, perm.indexOf(i)));
});

const concat: Fold = (c) => {
  const axis = axisOf(intOf(c.node, 'axis', 0), c.dims(0).length);
  return places(c.type.dims).map((place) => {
    let along = at(place, axis);
    let input = 0;
    while (along >= at(c.dims(input), axis)) along -= at(c.dims(input++), axis);
    const inside = place.map((p, i) => (i === axis ? along : p));
    return c.values(input)[offset(inside, c.dims(input))] ?? 0;
  });
};

const reduction =
  (f: (x: number, y: number) => number): Fold =>
  (c) => {
    const axes = new Set(reducedAxes(c));
    const kept = c.dims(0).map((d, i) => (axes.has(i) ? 1 : d));
    const results: (number | undefined)[] = Array(sizeOf(kept)).fill(undefined);
    places(c.dims(0)).forEach((place, i) => {
      const target = offset(place, kept);
      const x = c.values(0)[i] ?? 0;
      const y = results[target];
      results[target] = y === undefined ? x : f(y, x);
    });
    return results.map((x) => x ?? 0);
  };

const mean: Fold = (c) => {
  const sums = reduction((x, y) => x + y)(c);
  return sums.map((x) => (x * sums.length) / sizeOf(c.dims(0)));
};

/** Whole numbers divide toward zero. */
const div: Fold = (c) => elementwise((x, y) => (c.type.dtype.includes('float') ? x / y : Math.trunc(x / y)))(c);

const clip: Fold = (c) => {
  const bound = (input: number, none: number) => (c.has(input) ? (c.values(input)[0] ?? none) : none);
  const [low, high] = [bound(1, -Infinity), bound(2, Infinity)];
  return c.values(0).map((x) => Math.min(Math.max(x, low), high));
};

/** Halves go to the even neighbour. */
const round = (x: number): number => {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
};

const tile = moved((c) => (place) => place.map((p, i) => p % at(c.dims(0), i)));

const bool = (holds: boolean): number => (holds ? 1 : 0);

const FOLDS: Readonly<Record<string, Fold>> = {
  Identity: unchanged,
  Reshape: unchanged,
  Flatten: unchanged,
  Squeeze: unchanged,
  Unsqueeze: unchanged,
  Cast: (c) => {
    const target = dtypeOfCode(intOf(c.node, 'to', 1));
    if (target === 'bool') return c.values(0).map((x) => bool(x !== 0));
    return target.includes('float') ? c.values(0) : c.values(0).map(Math.trunc);
  },
  Gather: gather,
  Slice: slice,
  Transpose: transpose,
  Tile: tile,
  Concat: concat,
  Expand: moved(() => (place) => place),
  ConstantOfShape: (c) => {
    const value = c.node.attributes.value;
    const [x = 0] = value?.kind === 'tensor' ? numbersOf(value.value) : [];
    return Array<number>(sizeOf(c.type.dims)).fill(x);
  },
  Range: (c) => places(c.type.dims).map(([i = 0]) => (c.values(0)[0] ?? 0) + i * (c.values(2)[0] ?? 1)),
  Add: elementwise((x, y) => x + y),
  Sub: elementwise((x, y) => x - y),
  Mul: elementwise((x, y) => x * y),
  Div: div,
  Mod: elementwise((x, y) => x - y * Math.floor(x / y)),
  Pow: elementwise((x, y) => x ** y),
  Min: elementwise(Math.min),
  Max: elementwise(Math.max),
  Neg: elementwise((x) => -x),
  Abs: elementwise(Math.abs),
  Floor: elementwise(Math.floor),
  Ceil: elementwise(Math.ceil),
  Sqrt: elementwise(Math.sqrt),
  Sin: elementwise(Math.sin),
  Cos: elementwise(Math.cos),
  Reciprocal: elementwise((x) => 1 / x),
  Round: elementwise(round),
  Clip: clip,
  Equal: elementwise((x, y) => bool(x === y)),
  Greater: elementwise((x, y) => bool(x > y)),
  GreaterOrEqual: elementwise((x, y) => bool(x >= y)),
  Less: elementwise((x, y) => bool(x < y)),
  LessOrEqual: elementwise((x, y) => bool(x <= y)),
  And: elementwise((x, y) => x * y),
  Or: elementwise(Math.max),
  Not: elementwise((x) => 1 - x),
  Where: elementwise((condition, x, y) => (condition === 1 ? x : y)),
  ReduceSum: reduction((x, y) => x + y),
  ReduceMax: reduction(Math.max),
  ReduceMin: reduction(Math.min),
  ReduceMean: mean,
};

/**
 * The result of a node whose inputs are known, where it is small and part of what exporters compute of shapes; undefined
 * where it must be run.
 *
 * @param known the tensor of input i, if it is a constant
 */
export function foldNode(c: ShapeContext, known: (input: number) => TensorData | undefined): TensorData | undefined {
  const key = opKey(c.node);
  if (key === 'Constant') return constantTensor(c);
  if (key === 'Identity') return known(0);
  if (key === 'Shape') {
    const part = shapePart(c);
    return int64([part.length], part);
  }
  const fold = FOLDS[key];
  if (fold === undefined || c.node.outputs.length !== 1) return undefined;
  const inputs = c.node.inputs.map((value, i) => (value === '' ? undefined : known(i)));
  const small = (t: TensorData | undefined) => t !== undefined && t.data.length <= MOST_ELEMENTS && isPlain(t);
  if (!c.node.inputs.every((value, i) => value === '' || small(inputs[i]))) return undefined;
  const [type] = inferTypes(c);
  if (type === undefined || sizeOf(type.dims) > MOST_ELEMENTS) return undefined;
  const [first] = inputs;
  // The elements stay as they are, and the same: what is told apart by them, such as shared weights, stays so.
  if (first !== undefined && isView(key, first, type)) return { ...first, dims: type.dims };
  const values = (i: number): number[] => {
    const tensor = inputs[i];
    if (tensor === undefined) throw c.fail(`input ${i} is missing`);
    return numbersOf(tensor);
  };
  return tensorOf(type, fold({ ...c, values, type }));
}

function isView(key: string, from: TensorData, to: TensorType): boolean {
  if (from.dtype !== to.dtype) return false;
  return FOLDS[key] === unchanged || (key === 'Expand' && from.data.length === sizeOf(to.dims));
}

/** Element types that are computed with here. */
function isPlain({ dtype }: TensorData): boolean {
  return dtype === 'int64' || dtype === 'int32' || dtype === 'float32' || dtype === 'float64' || dtype === 'bool';
}

function tensorOf({ dtype, dims }: TensorType, values: readonly number[]): TensorData | undefined {
  switch (dtype) {
    case 'int64':
      return { dtype, dims, data: BigInt64Array.from(values, toInt64) };
    case 'int32':
      return { dtype, dims, data: Int32Array.from(values) };
    case 'float32':
      return { dtype, dims, data: Float32Array.from(values) };
    case 'float64':
      return { dtype, dims, data: Float64Array.from(values) };
    case 'bool':
      return { dtype, dims, data: Uint8Array.from(values) };
    default:
      return undefined;
  }
}
