import { OWN_DOMAIN } from '../../ops.js';
import { type OpCase, uniform } from '../case.js';

const batchNorm = (dims: readonly number[]) => {
  const channels = [dims[1] ?? 1];
  return [uniform(dims), uniform(channels, 0.5, 2), uniform(channels), uniform(channels), uniform(channels, 0.5, 2)];
};

export const normalise: readonly OpCase[] = [
  { op: 'BatchNormalization', inputs: batchNorm([2, 3, 2, 2]) },
  { op: 'BatchNormalization', note: 'ε, one dimension', inputs: batchNorm([4, 3]), attributes: { epsilon: 0.1 } },
  {
    op: 'BatchNormalization',
    note: 'training',
    inputs: batchNorm([3, 2, 2, 3]),
    attributes: { training_mode: 1 },
    outputs: 3,
    lossOf: [0],
  },
  {
    op: 'BatchNormTrain',
    domain: OWN_DOMAIN,
    inputs: batchNorm([3, 2, 2, 3]).slice(0, 3),
    outputs: 3,
    lossOf: [0],
  },
  {
    op: 'BatchNormTrain',
    note: 'one dimension, ε',
    domain: OWN_DOMAIN,
    inputs: batchNorm([6, 3]).slice(0, 3),
    attributes: { epsilon: 0.01 },
    outputs: 3,
    lossOf: [0],
  },
  { op: 'ChannelMoments', domain: OWN_DOMAIN, inputs: [uniform([2, 3, 3, 2])], outputs: 2 },
  {
    op: 'ChannelMoments',
    note: 'mean alone',
    domain: OWN_DOMAIN,
    inputs: [uniform([2, 3, 3, 2])],
    outputs: 2,
    lossOf: [0],
  },
  {
    op: 'ChannelMoments',
    note: 'covariance alone',
    domain: OWN_DOMAIN,
    inputs: [uniform([2, 3, 3, 2])],
    outputs: 2,
    lossOf: [1],
  },
  { op: 'LayerNormalization', inputs: [uniform([2, 3, 5]), uniform([5]), uniform([5])] },
  { op: 'LayerNormalization', note: 'no bias', inputs: [uniform([4, 5]), uniform([5])], attributes: { epsilon: 0.01 } },
  {
    op: 'LayerNormalization',
    note: 'axis 1',
    inputs: [uniform([2, 3, 4]), uniform([3, 4]), uniform([3, 4])],
    attributes: { axis: 1 },
  },
  {
    op: 'LayerNormalization',
    note: 'axis -2, scale broadcasts',
    inputs: [uniform([2, 3, 4]), uniform([4]), uniform([1])],
    attributes: { axis: -2 },
  },
  { op: 'InstanceNormalization', inputs: [uniform([2, 3, 3, 4]), uniform([3]), uniform([3])] },
  {
    op: 'InstanceNormalization',
    note: 'one dimension, ε',
    inputs: [uniform([2, 3, 5]), uniform([3]), uniform([3])],
    attributes: { epsilon: 0.01 },
  },
];
