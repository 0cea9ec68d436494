import { floatOf, intOf, intsOf, stringOf } from './attributes.js';
import { type Attribute, type DType, float32, int64, type Node, type TensorData, type Value } from './types.js';
import { BOOKKEEPING } from './upgrade-bookkeeping.js';
import { COMPOSITIONS } from './upgrade-compositions.js';

/** What an upgrade sees: it adds constants and nodes before the node, and returns the node's new form. */
export interface UpgradeContext {
  readonly node: Node;
  /** The operator set of the file. */
  readonly opset: number;
  constant(tensor: TensorData): Value;
  /** A node before this one; gives its output. */
  before(op: string, inputs: readonly Value[], attributes?: Node['attributes']): Value;
  /** A fresh value, which `after` gives to a node behind this one. */
  fresh(): Value;
  after(node: Omit<Node, 'name' | 'domain'>): void;
  /** The shape of one of the node's inputs. */
  dims(value: Value): readonly number[];
  dtype(value: Value): DType;
  /** The tensor of a value that is a constant. */
  known(value: Value): TensorData | undefined;
  fail(message: string): Error;
}

export type Upgrade = (c: UpgradeContext) => Node;

const without = (node: Node, ...names: readonly string[]): Node['attributes'] =>
  Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !names.includes(name)));

const int = (value: number): Attribute => ({ kind: 'int', value });

/** An attribute of whole numbers becomes the input at `place`. */
const listToInput =
  (name: string, place: number): Upgrade =>
  (c) => {
    const list = intsOf(c.node, name);
    if (list === undefined) return c.node;
    const inputs = [...c.node.inputs];
    while (inputs.length < place) inputs.push('');
    inputs[place] = c.constant(int64([list.length], list));
    return { ...c.node, inputs, attributes: without(c.node, name) };
  };

/** Operator set 18 moved the axes of reductions to an input; ReduceSum had it from 13 on. */
const reduction = listToInput('axes', 1);

/** Slice up to 9: starts, ends and axes as attributes. */
const slice: Upgrade = (c) => {
  const starts = intsOf(c.node, 'starts');
  const ends = intsOf(c.node, 'ends');
  const [x = ''] = c.node.inputs;
  if (starts === undefined || ends === undefined) return c.node;
  const axes = intsOf(c.node, 'axes') ?? starts.map((_, i) => i);
  const inputs = [x, ...[starts, ends, axes].map((list) => c.constant(int64([list.length], list)))];
  return { ...c.node, inputs, attributes: {} };
};

/** Clip up to 10: bounds as attributes. */
const clip: Upgrade = (c) => {
  const { node } = c;
  if (c.opset >= 11) return node;
  const bound = (name: string) =>
    node.attributes[name] === undefined ? '' : c.constant(float32([], [floatOf(node, name, 0)]));
  return { ...node, inputs: [node.inputs[0] ?? '', bound('min'), bound('max')], attributes: {} };
};

/** Pad up to 10: padding and value as attributes. */
const pad: Upgrade = (c) => {
  const pads = intsOf(c.node, 'pads') ?? intsOf(c.node, 'paddings');
  if (pads === undefined) return c.node;
  const value = c.constant(float32([], [floatOf(c.node, 'value', 0)]));
  const inputs = [c.node.inputs[0] ?? '', c.constant(int64([pads.length], pads)), value];
  return { ...c.node, inputs, attributes: without(c.node, 'pads', 'paddings', 'value') };
};

/** Dropout up to 11: the ratio as an attribute, never training in a file that is to be run. */
const dropout: Upgrade = (c) =>
  c.opset >= 12 ? c.node : { ...c.node, inputs: c.node.inputs.slice(0, 1), attributes: {} };

/** Batch norm up to 13: its statistics as further outputs, and a `spatial` attribute. */
const batchNormalization: Upgrade = (c) => {
  if (c.opset >= 14) return c.node;
  if (intOf(c.node, 'spatial', 1) === 0)
    throw c.fail('batch norm for each place (spatial = 0) is not known to onecycle');
  const outputs = c.node.outputs.slice(0, 1);
  return { ...c.node, outputs, attributes: without(c.node, 'spatial', 'is_test', 'consumed_inputs') };
};

/** Softmax up to 12 worked on the input flattened to a matrix before `axis`, 1 by default. */
const softmax: Upgrade = (c) => {
  if (c.opset >= 13) return c.node;
  const [x = ''] = c.node.inputs;
  const [y = ''] = c.node.outputs;
  const dims = c.dims(x);
  const given = intOf(c.node, 'axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  if (axis === dims.length - 1) return { ...c.node, attributes: { axis: int(axis) } };
  const flat = c.before('Flatten', [x], { axis: int(axis) });
  const soft = c.fresh();
  c.after({ op: 'Reshape', inputs: [soft, c.constant(int64([dims.length], dims))], outputs: [y], attributes: {} });
  return { ...c.node, inputs: [flat], outputs: [soft], attributes: { axis: int(1) } };
};

/** Split: lengths as an attribute up to 12; the number of equal parts must be told from 18 on. */
const split: Upgrade = (c) => {
  const node = listToInput('split', 1)(c);
  if ((node.inputs[1] ?? '') !== '' || node.attributes.num_outputs !== undefined) return node;
  return { ...node, attributes: { ...node.attributes, num_outputs: int(node.outputs.length) } };
};

/** Resize of operator set 10 had the scales as its second input and the transform that is now called asymmetric. */
const resize: Upgrade = (c) => {
  if (c.opset >= 11) return c.node;
  return asymmetric(c.node, c.node.inputs[1] ?? '');
};

/** Upsample, gone since operator set 10: scales as an input, or before 9 as an attribute. */
const upsample: Upgrade = (c) => {
  const scales = c.node.attributes.scales;
  if (scales?.kind !== 'floats') return asymmetric(c.node, c.node.inputs[1] ?? '');
  return asymmetric(c.node, c.constant(float32([scales.value.length], scales.value)));
};

function asymmetric(node: Node, scales: Value): Node {
  const text = (value: string): Attribute => ({ kind: 'string', value });
  return {
    ...node,
    op: 'Resize',
    inputs: [node.inputs[0] ?? '', '', scales],
    attributes: {
      mode: text(stringOf(node, 'mode', 'nearest')),
      coordinate_transformation_mode: text('asymmetric'),
      nearest_mode: text('floor'),
    },
  };
}

/** Old files may broadcast only when told to, along an axis of their own choice; the axis is not carried over. */
const arithmetic: Upgrade = (c) => {
  if (c.opset >= 7) return c.node;
  if (c.node.attributes.axis !== undefined) throw c.fail('broadcasting along a given axis is not known to onecycle');
  return { ...c.node, attributes: without(c.node, 'broadcast', 'consumed_inputs') };
};

/** How nodes of other operator sets are written in the project's, where that differs; by operator, with its domain. */
export const UPGRADES: Readonly<Record<string, Upgrade>> = {
  ...COMPOSITIONS,
  ...BOOKKEEPING,
  Squeeze: listToInput('axes', 1),
  Unsqueeze: listToInput('axes', 1),
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceL2: reduction,
  ReduceSumSquare: reduction,
  Slice: slice,
  Clip: clip,
  Pad: pad,
  Dropout: dropout,
  BatchNormalization: batchNormalization,
  Softmax: softmax,
  LogSoftmax: softmax,
  Split: split,
  Resize: resize,
  Upsample: upsample,
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
};
