import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../core/errors.js';
import { GraphBuilder } from './builder.js';
import { type CustomOperator, registerOperator } from './custom-operators.js';
import { gradients } from './grad/backward.js';
import { lowerPlain } from './lower/index.js';
import { MICROSOFT_DOMAIN } from './ops.js';
import { runGraph } from './testing/run-graph.js';
import { float32, type Value } from './types.js';

const ALPHA = 1.5;
const quickGelu: CustomOperator = {
  name: `${MICROSOFT_DOMAIN}:QuickGelu`,
  types: ({ dims, dtype }) => [{ dtype: dtype(0), dims: dims(0) }],
  gradient({ m, dy, x }) {
    const ax = m.mul(x(0), ALPHA);
    const s = m.sigmoid(ax);
    return [m.mul(dy, m.add(s, m.mul(ax, m.mul(s, m.sub(1, s)))))];
  },
};

async function valueAndGradient(f: (b: GraphBuilder, x: Value) => Value): Promise<number[]> {
  const b = new GraphBuilder('test');
  const x = b.input('x', 'float32', [5]);
  const y = f(b, x);
  const dx = gradients(b, b.op('ReduceSum', [b.op('Mul', [y, y])], { keepdims: 0 }), [x]).get(x) ?? '';
  b.output(y, 'y');
  b.output(dx, 'dx');
  const results = await runGraph(lowerPlain(b.finish()), { x: float32([5], [-3, -0.5, 0, 1, 4]) });
  const numbers: number[] = [];
  for (const name of ['y', 'dx']) for (const value of results[name]?.data ?? []) numbers.push(Number(value));
  return numbers;
}

test('an operator that is registered has shapes and gradients wherever it stands', async () => {
  const use = (b: GraphBuilder, x: Value) => b.op('QuickGelu', [x], { alpha: ALPHA }, { domain: MICROSOFT_DOMAIN });
  const b = new GraphBuilder('before');
  assert.throws(() => use(b, b.input('x', 'float32', [5])), /not known to onecycle/);
  registerOperator(quickGelu);
  registerOperator(quickGelu);
  const found = await valueAndGradient(use);
  const expected = await valueAndGradient((b, x) =>
    b.op('Mul', [x, b.op('Sigmoid', [b.op('Mul', [x, b.scalar(ALPHA)])])]),
  );
  assert.equal(expected.length, 10);
  expected.forEach((value, i) => {
    assert.ok(Math.abs((found[i] ?? Number.NaN) - value) < 1e-5, `${found} for ${expected}`);
  });
});

test('names that are taken or cannot be are refused', () => {
  const named = (name: string) => () => registerOperator({ ...quickGelu, name });
  for (const name of ['Relu', quickGelu.name]) {
    assert.throws(named(name), (e) => e instanceof UserError && /there is an operator .* already/.test(e.message));
  }
  for (const name of ['', 'a b', 'my.domain:Op', 'com.microsoft:']) {
    assert.throws(named(name), (e) => e instanceof UserError && /cannot be an operator's name/.test(e.message));
  }
});
