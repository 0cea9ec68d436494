import { intOf } from '../attributes.js';
import { at, axisOf, type ShapeRule } from './rule.js';
import { windowOf } from './window.js';

export const batchNormalization: ShapeRule = (c) => {
  const x = c.dims(0);
  const stats = { dtype: c.dtype(0), dims: [at(x, 1)] };
  const all = [{ dtype: c.dtype(0), dims: x }, stats, stats];
  return all.slice(0, intOf(c.node, 'training_mode', 0) === 1 ? 3 : 1);
};

/** Outputs: y, the batch's mean, and 1/√(variance + ε). */
export const batchNormTrain: ShapeRule = (c) => {
  const x = c.dims(0);
  const stats = { dtype: c.dtype(0), dims: [at(x, 1)] };
  return [{ dtype: c.dtype(0), dims: x }, stats, stats];
};

/** Inputs: dy, x, γ, mean, 1/σ. Outputs: dx, dγ, dβ. */
export const batchNormGrad: ShapeRule = (c) => {
  const x = c.dims(1);
  const stats = { dtype: c.dtype(1), dims: [at(x, 1)] };
  return [{ dtype: c.dtype(1), dims: x }, stats, stats];
};

/** Outputs: each channel's mean, and the channels' covariance, both over pictures and places. */
export const channelMoments: ShapeRule = (c) => {
  const channels = at(c.dims(0), 1);
  return [
    { dtype: c.dtype(0), dims: [channels] },
    { dtype: c.dtype(0), dims: [channels, channels] },
  ];
};

export const layerNormalization: ShapeRule = (c) => {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', -1), x.length);
  const stats = { dtype: c.dtype(0), dims: x.map((d, i) => (i < axis ? d : 1)) };
  return [{ dtype: c.dtype(0), dims: x }, stats, stats].slice(0, c.node.outputs.length);
};

export const pool: ShapeRule = (c) => {
  const x = c.dims(0);
  const window = windowOf(c.node, x.slice(2));
  const dims = [...x.slice(0, 2), ...window.output];
  return c.node.outputs.length > 1
    ? [
        { dtype: c.dtype(0), dims },
        { dtype: 'int64', dims },
      ]
    : [{ dtype: c.dtype(0), dims }];
};

export const globalPool: ShapeRule = (c) => [{ dtype: c.dtype(0), dims: c.dims(0).map((d, i) => (i < 2 ? d : 1)) }];
