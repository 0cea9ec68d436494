import { intOf, intsOf } from '../attributes.js';
import { axisOf, type ShapeContext, type ShapeRule } from './rule.js';

/** The axes that a reduction folds: an attribute in old operator sets, an input in new ones, all of them by default. */
export function reducedAxes(c: ShapeContext): readonly number[] {
  const rank = c.dims(0).length;
  const axes = intsOf(c.node, 'axes') ?? (c.has(1) ? c.integers(1) : undefined);
  if (axes === undefined || axes.length === 0) {
    return intOf(c.node, 'noop_with_empty_axes', 0) === 1 ? [] : c.dims(0).map((_, i) => i);
  }
  return axes.map((a) => axisOf(a, rank));
}

export const reduce: ShapeRule = (c) => {
  const x = c.dims(0);
  const axes = new Set(reducedAxes(c));
  const keep = intOf(c.node, 'keepdims', 1) === 1;
  const dims = keep ? x.map((d, i) => (axes.has(i) ? 1 : d)) : x.filter((_, i) => !axes.has(i));
  return [{ dtype: c.dtype(0), dims }];
};

export const argMax: ShapeRule = (c) => {
  const x = c.dims(0);
  const axis = axisOf(intOf(c.node, 'axis', 0), x.length);
  const keep = intOf(c.node, 'keepdims', 1) === 1;
  return [{ dtype: 'int64', dims: keep ? x.map((d, i) => (i === axis ? 1 : d)) : x.filter((_, i) => i !== axis) }];
};

export const oneHot: ShapeRule = (c) => {
  const indices = c.dims(0);
  const [depth = 0] = c.integers(1);
  const axis = axisOf(intOf(c.node, 'axis', -1), indices.length + 1);
  return [{ dtype: c.dtype(2), dims: [...indices.slice(0, axis), depth, ...indices.slice(axis)] }];
};
