import { broadcasting, type GradientContext, type GradientRule, sumTo } from './rule.js';

/** Add, Sum */
export const add: GradientRule = (c) =>
  c.node.inputs.map((_, i) => (c.needs(i) ? sumTo(c.b, c.dy, c.dims(i)) : undefined));

/** The sum comes first, so that what is negated is small. */
export const sub: GradientRule = (c) => [
  c.needs(0) ? sumTo(c.b, c.dy, c.dims(0)) : undefined,
  c.needs(1) ? c.m.neg(sumTo(c.b, c.dy, c.dims(1))) : undefined,
];

export const mul = broadcasting(
  ({ m, dy, x }) => m.mul(dy, x(1)),
  ({ m, dy, x }) => m.mul(dy, x(0)),
);

/** y = a/b */
export const div = broadcasting(
  ({ m, dy, x }) => m.div(dy, x(1)),
  ({ m, dy, x, y }) => m.neg(m.div(m.mul(dy, y()), x(1))),
);

/** y = a − q·b with a whole q that is constant almost everywhere */
export const mod = broadcasting(
  ({ dy }) => dy,
  ({ m, dy, x, y }) => m.mul(dy, m.div(m.sub(y(), x(0)), x(1))),
);

/** y = xᵖ: dx = dy·p·xᵖ⁻¹ (0 for p = 0), dp = dy·y·ln x (0 where x ≤ 0). */
export const pow = broadcasting(
  (c) => {
    const { m, dy, x } = c;
    const p = m.toFloat(x(1));
    const known = c.b.initializers.get(x(1));
    if (known?.data.length === 1 && Number(known.data[0]) === 2) return m.mul(dy, m.mul(x(0), 2));
    const slope = m.mul(p, m.pow(x(0), m.sub(p, 1)));
    return m.mul(dy, m.where(c.b.op('Equal', [p, m.term(0)]), 0, slope));
  },
  ({ b, m, dy, x, y }) => {
    const base = m.where(b.op('Greater', [x(0), m.term(0)]), x(0), 1);
    return m.mul(m.mul(dy, y()), m.log(base));
  },
);

/** Min, Max: inputs that are equal to the output share its gradient evenly. */
export const extremum: GradientRule = (c) => {
  const { b, m } = c;
  if (c.node.inputs.length === 1) return [c.dy];
  const hits = c.node.inputs.map((x) => m.is('Equal', x, c.y()));
  const share = m.div(c.dy, b.op('Sum', hits));
  return hits.map((hit, i) => (c.needs(i) ? sumTo(b, m.mul(share, hit), c.dims(i)) : undefined));
};

export const where: GradientRule = (c) => {
  const { b, m, dy } = c;
  return [
    undefined,
    c.needs(1) ? sumTo(b, m.where(c.x(0), dy, 0), c.dims(1)) : undefined,
    c.needs(2) ? sumTo(b, m.where(c.x(0), 0, dy), c.dims(2)) : undefined,
  ];
};

/** y = x where x > 0, slope·x elsewhere */
export const prelu = broadcasting(
  ({ m, dy, x, b }: GradientContext) => m.mul(dy, m.where(b.op('Greater', [x(0), m.term(0)]), 1, x(1))),
  ({ m, dy, x, b }) => m.mul(dy, b.op('Min', [x(0), m.term(0)])),
);
