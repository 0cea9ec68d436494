import { floatOf, intOf, intsOf } from './attributes.js';
import { dtypeCode } from './dtype-code.js';
import { axisOf } from './shapes/rule.js';
import { float32, int64, numbersOf, sizeOf, type TensorData } from './types.js';
import type { Upgrade } from './upgrade.js';

/** The product of a shape's elements, as exporters write the number of elements that a mean is over. */
const product: Upgrade = (c) => {
  const [x = '', list = ''] = c.node.inputs;
  const [tensor, given] = [c.known(x), c.known(list)];
  if (tensor === undefined) throw c.fail('products of data are not known to onecycle');
  const axes = intsOf(c.node, 'axes') ?? (given === undefined ? [0] : numbersOf(given));
  if (tensor.dims.length !== 1 || axes.some((axis) => axisOf(axis, 1) !== 0)) {
    throw c.fail('products of more than a list are not known to onecycle');
  }
  const keeps = intOf(c.node, 'keepdims', 1) === 1;
  const value = numbersOf(tensor).reduce((a, b) => a * b, 1);
  return copyOf(c, scalarOf(tensor, keeps ? [1] : [], value));
};

function scalarOf({ dtype }: TensorData, dims: readonly number[], value: number): TensorData {
  if (dtype === 'int32') return { dtype, dims, data: Int32Array.of(value) };
  return dtype === 'int64' ? int64(dims, [value]) : float32(dims, [value]);
}

const copyOf = (c: Parameters<Upgrade>[0], tensor: TensorData) => ({
  ...{ ...c.node, domain: '', op: 'Identity', inputs: [c.constant(tensor)], attributes: {} },
});

/** What is above (upper) or below a diagonal of the last two axes stays; the rest becomes 0. */
const triangle: Upgrade = (c) => {
  const [x = '', shift = ''] = c.node.inputs;
  const [rows = 1, columns = 1] = c.dims(x).slice(-2);
  const diagonal = shift === '' ? undefined : c.known(shift);
  if (shift !== '' && diagonal === undefined)
    throw c.fail('a diagonal that depends on the data is not known to onecycle');
  const k = diagonal === undefined ? 0 : (numbersOf(diagonal)[0] ?? 0);
  const upper = intOf(c.node, 'upper', 1) === 1;
  const stays = (place: number): boolean => {
    const above = (place % columns) - Math.floor(place / columns);
    return upper ? above >= k : above <= k;
  };
  const mask = Uint8Array.from({ length: rows * columns }, (_, place) => (stays(place) ? 1 : 0));
  const zero = c.before('Cast', [c.constant(float32([], [0]))], { to: { kind: 'int', value: dtypeCode(c.dtype(x)) } });
  return {
    ...{ ...c.node, op: 'Where', attributes: {} },
    inputs: [c.constant({ dtype: 'bool', dims: [rows, columns], data: mask }), x, zero],
  };
};

/** Operators by which exporters count elements, choose types and make masks; by operator. */
export const BOOKKEEPING: Readonly<Record<string, Upgrade>> = {
  CastLike: (c) => ({
    ...{ ...c.node, op: 'Cast', inputs: c.node.inputs.slice(0, 1) },
    attributes: { to: { kind: 'int', value: dtypeCode(c.dtype(c.node.inputs[1] ?? '')) } },
  }),
  Size: (c) => copyOf(c, int64([], [sizeOf(c.dims(c.node.inputs[0] ?? ''))])),
  ReduceProd: product,
  Trilu: triangle,
  /** Not a number is what is not even itself. */
  IsNaN: (c) => {
    const [x = ''] = c.node.inputs;
    return { ...c.node, op: 'Not', inputs: [c.before('Equal', [x, x])], attributes: {} };
  },
  ThresholdedRelu: (c) => {
    const [x = ''] = c.node.inputs;
    const above = c.before('Greater', [x, c.constant(float32([], [floatOf(c.node, 'alpha', 1)]))]);
    return { ...c.node, op: 'Where', inputs: [above, x, c.constant(float32([], [0]))], attributes: {} };
  },
};
