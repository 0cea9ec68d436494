import type { Op } from '../ops.js';
import * as axis from './axis.js';
import * as elementwise from './elementwise.js';
import * as linear from './linear.js';
import * as movement from './movement.js';
import * as normalise from './normalise.js';
import * as pool from './pool.js';
import type { GradientRule } from './rule.js';

const todo: GradientRule = (c) => {
  throw c.fail('no gradient');
};

/** The gradient rule of every operator. */
export const GRADIENTS: { readonly [op in Op]: GradientRule } = {
  ...({} as { readonly [op in Op]: GradientRule }),
  Conv: linear.conv,
  Gemm: linear.gemm,
  MatMul: linear.matMul,
  BatchNormalization: normalise.batchNormalization,
  'onecycle:BatchNormTrain': normalise.batchNormTrain,
  GlobalAveragePool: pool.globalAveragePool,
  GlobalMaxPool: pool.globalMaxPool,
  Relu: elementwise.relu,
  Clip: elementwise.clip,
  Identity: elementwise.identity,
  Add: elementwise.add,
  Sum: elementwise.add,
  Sub: elementwise.sub,
  Mul: elementwise.mul,
  Reshape: movement.reshape,
  Flatten: movement.reshape,
  Squeeze: movement.reshape,
  Unsqueeze: movement.reshape,
  Concat: movement.concat,
  ReduceSum: axis.reduceSum,
  ReduceMean: axis.reduceMean,
  LogSoftmax: axis.logSoftmax,
  Shape: todo,
};
