import { intOf } from '../attributes.js';
import { dtypeOfCode } from '../dtype-code.js';
import { broadcastDims, type ShapeRule } from './rule.js';

export const same: ShapeRule = (c) => [{ dtype: c.dtype(0), dims: c.dims(0) }];

export const broadcast: ShapeRule = (c) => [
  { dtype: c.dtype(0), dims: broadcastDims(...c.node.inputs.map((_, i) => c.dims(i))) },
];

export const compare: ShapeRule = (c) => [{ dtype: 'bool', dims: broadcastDims(c.dims(0), c.dims(1)) }];

export const not: ShapeRule = (c) => [{ dtype: 'bool', dims: c.dims(0) }];

export const where: ShapeRule = (c) => [{ dtype: c.dtype(1), dims: broadcastDims(c.dims(0), c.dims(1), c.dims(2)) }];

export const cast: ShapeRule = (c) => [{ dtype: dtypeOfCode(intOf(c.node, 'to', 1)), dims: c.dims(0) }];

export const dropout: ShapeRule = (c) =>
  [
    { dtype: c.dtype(0), dims: c.dims(0) },
    { dtype: 'bool' as const, dims: c.dims(0) },
  ].slice(0, c.node.outputs.length);
