import type { OpCase } from '../case.js';
import { activation } from './activation.js';
import { axis, elementwise } from './elementwise.js';
import { linear } from './linear.js';
import { movement } from './movement.js';
import { normalise } from './normalise.js';
import { pooling } from './pool.js';

/** Every operator that has a gradient, over its attributes. */
export const CASES: Readonly<Record<string, readonly OpCase[]>> = {
  linear,
  normalise,
  pooling,
  activation,
  elementwise,
  axis,
  movement,
};
