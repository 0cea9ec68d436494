import { conv } from './conv.js';
import { convInputGrad } from './conv-input-grad.js';
import { convWeightGrad } from './conv-weight-grad.js';
import * as elementwise from './elementwise.js';
import { maxPool, maxPoolGrad } from './max-pool.js';
import * as normalise from './normalise.js';
import type { BlockedRule } from './rule.js';

const { anyOrder } = elementwise;

/** How operators are written in ONNX Runtime's blocked layout. Those that are not here stay plain. */
export const BLOCKED: Readonly<Record<string, BlockedRule>> = {
  Conv: conv,
  'onecycle:ConvInputGrad': convInputGrad,
  'onecycle:ConvWeightGrad': convWeightGrad,
  'onecycle:BatchNormTrain': normalise.batchNormTrain,
  'onecycle:BatchNormGrad': normalise.batchNormGrad,
  'onecycle:ChannelMoments': normalise.channelMoments,
  'onecycle:ReluGrad': elementwise.reluGrad,
  'onecycle:ClipGrad': elementwise.clipGrad,
  MaxPool: maxPool,
  'onecycle:MaxPoolGrad': maxPoolGrad,
  ReduceSum: normalise.reduceSum,
  GlobalAveragePool: elementwise.globalAveragePool,
  GlobalMaxPool: elementwise.globalMaxPool,
  Expand: elementwise.expand,
  Relu: anyOrder,
  Clip: anyOrder,
  LeakyRelu: anyOrder,
  Sigmoid: anyOrder,
  HardSigmoid: anyOrder,
  HardSwish: anyOrder,
  Tanh: anyOrder,
  Identity: anyOrder,
  Add: anyOrder,
  Sum: anyOrder,
  Sub: anyOrder,
  Mul: anyOrder,
};

export type { BlockedContext, FollowingActivation, Lowered } from './rule.js';
