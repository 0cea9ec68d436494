import { type Argument, awayFrom, bools, fixed, none, type OpCase, uniform, varied } from '../case.js';

const dims = [3, 4];

const unary = (op: string, x: Argument, attributes: NonNullable<OpCase['attributes']> = {}): OpCase => ({
  op,
  inputs: [x],
  attributes,
});

export const activation: readonly OpCase[] = [
  unary('Relu', awayFrom([0], dims)),
  unary('LeakyRelu', awayFrom([0], dims)),
  unary('LeakyRelu', awayFrom([0], dims), { alpha: 0.3 }),
  { op: 'Clip', inputs: [awayFrom([-0.5, 0.4], dims), fixed([], [-0.5]), fixed([], [0.4])] },
  { op: 'Clip', note: 'varied bounds', inputs: [awayFrom([-0.5, 0.4], dims), varied([], [-0.5]), varied([], [0.4])] },
  { op: 'Clip', note: 'low only', inputs: [awayFrom([0.1], dims), fixed([], [0.1])] },
  { op: 'Clip', note: 'high only', inputs: [awayFrom([0.1], dims), none, fixed([], [0.1])] },
  { op: 'Clip', note: 'no bounds', inputs: [uniform(dims)] },
  unary('Sigmoid', uniform(dims, -3, 3)),
  unary('HardSigmoid', awayFrom([-2.5, 2.5], dims, -4, 4)),
  unary('HardSigmoid', awayFrom([-1, 1], dims, -2, 2), { alpha: 0.5, beta: 0.5 }),
  unary('HardSwish', awayFrom([-3, 3], dims, -4, 4)),
  unary('Tanh', uniform(dims, -2, 2)),
  unary('Erf', uniform(dims, -2, 2)),
  unary('Gelu', uniform(dims, -3, 3)),
  unary('Gelu', uniform(dims, -3, 3), { approximate: 'tanh' }),
  unary('Softplus', uniform(dims, -3, 3)),
  unary('Exp', uniform(dims)),
  unary('Log', uniform(dims, 0.5, 2)),
  unary('Sqrt', uniform(dims, 0.5, 2)),
  unary('Sin', uniform(dims, -3, 3)),
  unary('Cos', uniform(dims, -3, 3)),
  unary('Reciprocal', uniform(dims, 0.5, 2)),
  unary('Abs', awayFrom([0], dims)),
  unary('Neg', uniform(dims)),
  unary('Identity', uniform(dims)),
  unary('Cast', uniform(dims), { to: 11 }),
  unary('Dropout', uniform(dims)),
  { op: 'Dropout', note: 'not training', inputs: [uniform(dims), fixed([], [0.3]), bools([], [0])] },
];
