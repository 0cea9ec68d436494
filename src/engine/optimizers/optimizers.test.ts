import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import { load } from '../../graph/testing/run-graph.js';
import { float32, sizeOf } from '../../graph/types.js';
import type { Optimizer } from '../optimizer.js';
import { adam, adamw, lamb, lion, lookahead, OPTIMIZERS, radam, ranger, rmsprop, sgd } from './index.js';

const Numbers = z.array(z.number());
const Reference = z.object({
  shapes: z.array(Numbers),
  lr: z.number(),
  wd: z.number(),
  A: Numbers,
  c: Numbers,
  start: Numbers,
  steps: z.record(z.string(), z.array(Numbers)),
});
/** Parameters after every fifth step by PyTorch, timm and fastai; made by make_optimizers.py. */
const url = new URL('../../../testdata/optimizers/optimizers.json', import.meta.url);
const reference = Reference.parse(JSON.parse(readFileSync(url, 'utf8')));

/** The reference's cases under the same names, each with the constants that its library has. */
const CASES: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ decoupled: false }),
  'sgd without momentum': sgd({ momentum: 0, decoupled: false }),
  'sgd nesterov': sgd({ momentum: 0.8, nesterov: true, decoupled: false }),
  'sgd decoupled': sgd(),
  adam: adam(),
  adamw: adamw(),
  rmsprop: rmsprop({ decoupled: false }),
  'rmsprop centered': rmsprop({ alpha: 0.9, centered: true, momentum: 0.9, decoupled: false }),
  radam: radam(),
  'radam l2': radam({ betas: [0.9, 0.999], eps: 1e-8, decoupled: false }),
  lamb: lamb({ betas: [0.9, 0.999] }),
  'lamb always': lamb({ betas: [0.9, 0.999], alwaysAdapt: true, trustClip: true }),
  lion: lion(),
  lookahead: lookahead(adamw()),
  'lookahead sgd': lookahead(sgd({ decoupled: false }), { k: 4, alpha: 0.3 }),
  // fastai adds ε elsewhere: without one they agree.
  ranger: ranger({ eps: 1e-12 }),
};

/** Two flat tensors as a layer group has them: the first two parameters decay, the others do not. */
const FLAT = [reference.shapes.slice(0, 2), reference.shapes.slice(2)];

async function stepsOf(optimizer: Optimizer): Promise<number[][]> {
  const b = new GraphBuilder('step');
  const n = reference.start.length;
  const sizes = FLAT.map((shapes) => shapes.reduce((sum, s) => sum + sizeOf(s), 0));
  const parts = sizes.map((size, i) => b.input(`p${i}`, 'float32', [size]));
  const p = b.op('Reshape', [b.op('Concat', parts, { axis: 0 }), b.integers(n, 1)]);
  const product = b.op('Reshape', [b.op('MatMul', [b.constant(float32([n, n], reference.A)), p]), b.integers(n)]);
  const g = b.op('Sub', [product, b.constant(float32([n], reference.c))]);
  const gradients = b.ops('Split', 2, [g, b.integers(...sizes)], { axis: 0 });
  const scalars = new Map<string, string>();
  const lr = b.input('lr', 'float32', []);
  const wd = b.input('wd', 'float32', []);
  parts.forEach((part, i) => {
    const slots = new Map(optimizer.slots.map((s) => [s, b.input(`${s}${i}`, 'float32', [sizes[i] ?? 0])]));
    const updated = optimizer.update(b, {
      p: part,
      g: gradients[i] ?? '',
      shapes: FLAT[i] ?? [],
      lr,
      weightDecay: i === 0 ? wd : undefined,
      slot: (name) => slots.get(name) ?? '',
      scalar: (name) => {
        const value = scalars.get(name) ?? b.input(`opt/${name}`, 'float32', []);
        scalars.set(name, value);
        return value;
      },
    });
    assert.deepEqual(Object.keys(updated.slots).sort(), [...optimizer.slots].sort());
    b.output(updated.parameters, `new p${i}`);
    for (const [name, value] of Object.entries(updated.slots)) b.output(value, `new ${name}${i}`);
  });
  const graph = b.finish();
  const step = await load(graph);
  const state: Record<string, Float32Array> = { p0: new Float32Array(), p1: new Float32Array() };
  let at = 0;
  sizes.forEach((size, i) => {
    state[`p${i}`] = Float32Array.from(reference.start.slice(at, at + size));
    for (const slot of optimizer.slots) state[`${slot}${i}`] = new Float32Array(size);
    at += size;
  });
  const rows: number[][] = [];
  try {
    for (let t = 1; t <= 50; t++) {
      const numbers = { lr: reference.lr, wd: reference.wd };
      const own = Object.entries(optimizer.scalars(t, optimizer.momentum)).map(([name, x]) => [`opt/${name}`, x]);
      const feeds = [
        ...[...Object.entries(numbers), ...own].map(([name, x]) => [name, float32([], [Number(x)])] as const),
        ...Object.entries(state).map(([name, data]) => [name, float32([data.length], data)] as const),
      ].filter(([name]) => graph.inputs.some((input) => input.name === name));
      const out = await step.run(Object.fromEntries(feeds));
      for (const name of Object.keys(state)) {
        const data = out[`new ${name}`]?.data;
        assert.ok(data instanceof Float32Array);
        state[name] = data;
      }
      if (t % 5 === 0) rows.push([...(state.p0 ?? []), ...(state.p1 ?? [])]);
    }
  } finally {
    await step.release();
  }
  return rows;
}

for (const [name, expected] of Object.entries(reference.steps)) {
  test(`50 steps of ${name} are those of PyTorch, timm or fastai`, async () => {
    const optimizer = CASES[name];
    assert.ok(optimizer !== undefined, `no case for ${name}`);
    const rows = await stepsOf(optimizer);
    assert.equal(rows.length, expected.length);
    rows.forEach((row, i) => {
      row.forEach((value, j) => {
        const want = expected[i]?.[j] ?? Number.NaN;
        assert.ok(Math.abs(value - want) < 2e-5, `step ${5 * (i + 1)}, value ${j}: ${value}, wanted ${want}`);
      });
    });
  });
}

test('every optimizer has a reference, and none is left without its name', () => {
  for (const [name, make] of Object.entries(OPTIMIZERS)) {
    assert.equal(make().name, name);
    assert.ok(name in reference.steps, name);
  }
});

test('options that cannot be are errors that name them', () => {
  const bad: readonly (readonly [() => Optimizer, RegExp])[] = [
    [() => sgd({ momentum: 1 }), /momentum of sgd/],
    [() => adam({ betas: [-0.1, 0.9] }), /β₁ of adam /],
    [() => adamw({ betas: [0.9, 1.5] }), /β₂ of adamw/],
    [() => adamw({ eps: 0 }), /ε of adamw/],
    [() => rmsprop({ alpha: Number.NaN }), /alpha of rmsprop/],
    [() => lion({ betas: [0.9, 1] }), /β₂ of lion/],
    [() => lookahead(sgd(), { k: 0 }), /k of lookahead/],
    [() => ranger({ alpha: 2 }), /alpha of lookahead/],
  ];
  for (const [make, message] of bad) {
    assert.throws(make, (error) => error instanceof UserError && message.test(error.message), String(message));
  }
});
