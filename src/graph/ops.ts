import type { Node } from './types.js';

/**
 * Every operator that onecycle knows, as `op` or `domain:op`. The tables of shapes and of gradients each have an entry for
 * every name here, or they don't compile.
 */
// biome-ignore format: a table reads better
export const OPS = [
  // linear
  'Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Einsum',
  // normalisation
  'BatchNormalization', 'LayerNormalization', 'InstanceNormalization',
  // pooling
  'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool',
  // elementwise, one input
  'Relu', 'LeakyRelu', 'Clip', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Erf', 'Gelu', 'Softplus', 'Exp', 'Log', 'Sqrt',
  'Sin', 'Cos', 'Reciprocal', 'Abs', 'Neg', 'Sign', 'Floor', 'Ceil', 'Round', 'Not', 'Cast', 'Identity', 'Dropout',
  // elementwise, more inputs
  'PRelu', 'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Sum', 'Where', 'Equal', 'Greater', 'GreaterOrEqual', 'Less',
  'LessOrEqual', 'And', 'Or', 'Mod',
  // along an axis
  'Softmax', 'LogSoftmax', 'ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL2', 'ReduceSumSquare', 'ArgMax',
  'CumSum', 'OneHot',
  // shape and movement
  'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Concat', 'Split', 'Slice', 'Pad', 'Gather', 'GatherElements', 'GatherND',
  'ScatterElements', 'ScatterND', 'Expand', 'Tile', 'Resize', 'DepthToSpace', 'SpaceToDepth', 'Shape', 'Constant',
  'ConstantOfShape', 'Range',
  // gradients as operators of our own, which lowering turns into ONNX in the form that is fastest
  'onecycle:ConvInputGrad', 'onecycle:ConvWeightGrad', 'onecycle:BatchNormTrain', 'onecycle:BatchNormGrad',
  'onecycle:ReluGrad', 'onecycle:ClipGrad', 'onecycle:ChannelMoments', 'onecycle:MaxPoolGrad',
] as const;

export type Op = (typeof OPS)[number];

const KNOWN: ReadonlySet<string> = new Set(OPS);

/** The domain of our own operators; none of them reaches ONNX Runtime. */
export const OWN_DOMAIN = 'onecycle';

/** Whether a node is one of our own operators. */
export function isOwn(node: Node | undefined, op: string): node is Node {
  return node?.domain === OWN_DOMAIN && node.op === op;
}

export function opKey(node: Pick<Node, 'op' | 'domain'>): string {
  return node.domain === '' ? node.op : `${node.domain}:${node.op}`;
}

export function isKnownOp(key: string): key is Op {
  return KNOWN.has(key);
}

/** ONNX Runtime's own blocked layout. */
export const NCHWC_DOMAIN = 'com.microsoft.nchwc';

/** ONNX Runtime's contributed operators. */
export const MICROSOFT_DOMAIN = 'com.microsoft';
