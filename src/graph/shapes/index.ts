import { customOperator } from '../custom-operators.js';
import { isKnownOp, type Op, opKey } from '../ops.js';
import * as axis from './axis.js';
import * as elementwise from './elementwise.js';
import * as linear from './linear.js';
import * as movement from './movement.js';
import * as normalise from './normalise.js';
import type { ShapeContext, ShapeRule, TensorType } from './rule.js';

const { same, broadcast, compare } = elementwise;

/** The shape rule of every operator. */
const SHAPES: { readonly [op in Op]: ShapeRule } = {
  Conv: linear.conv,
  ConvTranspose: linear.convTranspose,
  Gemm: linear.gemm,
  MatMul: linear.matMul,
  Einsum: linear.einsum,
  BatchNormalization: normalise.batchNormalization,
  LayerNormalization: normalise.layerNormalization,
  InstanceNormalization: same,
  MaxPool: normalise.pool,
  AveragePool: normalise.pool,
  GlobalAveragePool: normalise.globalPool,
  GlobalMaxPool: normalise.globalPool,
  Relu: same,
  LeakyRelu: same,
  Clip: same,
  Sigmoid: same,
  HardSigmoid: same,
  HardSwish: same,
  Tanh: same,
  Erf: same,
  Gelu: same,
  Softplus: same,
  Exp: same,
  Log: same,
  Sqrt: same,
  Sin: same,
  Cos: same,
  Reciprocal: same,
  Abs: same,
  Neg: same,
  Sign: same,
  Floor: same,
  Ceil: same,
  Round: same,
  Not: elementwise.not,
  Cast: elementwise.cast,
  Identity: same,
  Dropout: elementwise.dropout,
  PRelu: broadcast,
  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  Pow: broadcast,
  Min: broadcast,
  Max: broadcast,
  Sum: broadcast,
  Mod: broadcast,
  Where: elementwise.where,
  Equal: compare,
  Greater: compare,
  GreaterOrEqual: compare,
  Less: compare,
  LessOrEqual: compare,
  And: compare,
  Or: compare,
  Softmax: same,
  LogSoftmax: same,
  ReduceSum: axis.reduce,
  ReduceMean: axis.reduce,
  ReduceMax: axis.reduce,
  ReduceMin: axis.reduce,
  ReduceL2: axis.reduce,
  ReduceSumSquare: axis.reduce,
  ArgMax: axis.argMax,
  CumSum: same,
  OneHot: axis.oneHot,
  Reshape: movement.reshape,
  Flatten: movement.flatten,
  Squeeze: movement.squeeze,
  Unsqueeze: movement.unsqueeze,
  Transpose: movement.transpose,
  Concat: movement.concat,
  Split: movement.split,
  Slice: movement.slice,
  Pad: movement.pad,
  Gather: movement.gather,
  GatherElements: movement.gatherElements,
  GatherND: movement.gatherND,
  ScatterElements: same,
  ScatterND: same,
  Expand: movement.expand,
  Tile: movement.tile,
  Resize: movement.resize,
  DepthToSpace: movement.depthToSpace,
  SpaceToDepth: movement.spaceToDepth,
  Shape: movement.shape,
  Constant: movement.constant,
  ConstantOfShape: movement.constantOfShape,
  Range: movement.range,
  'onecycle:ConvInputGrad': movement.givenShape,
  'onecycle:ConvWeightGrad': movement.givenShape,
  'onecycle:BatchNormTrain': normalise.batchNormTrain,
  'onecycle:BatchNormGrad': normalise.batchNormGrad,
  'onecycle:ChannelMoments': normalise.channelMoments,
  'onecycle:ReluGrad': same,
  'onecycle:ClipGrad': same,
  'onecycle:MaxPoolGrad': (c) => [{ dtype: c.dtype(1), dims: c.dims(1) }],
};

/** The types of a node's outputs. Throws an error that names the node if they cannot be known. */
export function inferTypes(c: ShapeContext): readonly TensorType[] {
  const key = opKey(c.node);
  const rule = isKnownOp(key) ? SHAPES[key] : customOperator(key)?.types;
  if (rule === undefined) throw c.fail('this operator is not known to onecycle');
  const types = rule(c);
  const bad = types.find(({ dims }) => dims.some((d) => !Number.isSafeInteger(d) || d < 0));
  if (bad !== undefined) throw c.fail(`its inputs and attributes give the impossible shape [${bad.dims}]`);
  return types;
}

export type { ShapeContext, ShapeRule, TensorType } from './rule.js';
export { at, axisOf, broadcastDims } from './rule.js';
