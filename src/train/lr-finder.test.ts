import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { Rng } from '../core/rng.js';
import { suggest } from './lr-finder.js';
import { minimum, slide, steep, suggestionsOf, valley } from './suggestions.js';
import { tinyLearner } from './testing/tiny-learner.js';

/** A curve as finders see it: flat, then falling by a sigmoid around `fall`, then rising from `turn` on; with noise. */
function curve(fall: number, turn: number, noise: number) {
  const rng = new Rng(1);
  const lrs = Array.from({ length: 100 }, (_, i) => 1e-7 * 1e8 ** (i / 99));
  const losses = lrs.map((lr) => {
    const falling = 3 - 2 / (1 + (fall / lr) ** 2);
    return falling * (1 + (lr / turn) ** 2) * (1 + noise * rng.normal());
  });
  return { lrs, losses };
}

test('the suggestion is a tenth of the rate at which the loss has turned up', () => {
  for (const [fall, turn] of [
    [1e-3, 1e-1],
    [1e-5, 1e-3],
    [1e-4, 1],
  ] as const) {
    const { lrs, losses } = curve(fall, turn, 0.05);
    const found = suggest(lrs, losses);
    assert.equal(found.suggestion, found.edge / 10);
    // (lr/turn)² is a half at turn/√2.
    assert.ok(found.edge > turn / 3 && found.edge < turn * 2, `turn ${turn}: edge ${found.edge}`);
    assert.ok(found.minimum > fall && found.minimum < turn, `minimum ${found.minimum}`);
    assert.ok(found.steepest > fall / 10 && found.steepest < fall * 10, `steepest ${found.steepest}`);
  }
});

test('a loss that only rises suggests a rate near its start', () => {
  const { lrs } = curve(1, 1, 0);
  const found = suggest(
    lrs,
    lrs.map((lr) => 1 + 1e5 * lr),
  );
  assert.ok(found.minimum < 2e-7, `minimum ${found.minimum}`);
  assert.ok(found.suggestion < 1e-6, `suggestion ${found.suggestion}`);
});

/** Curves, and what fastai's functions say of them; made by make_suggestions.py. */
const Reference = z.object({
  curves: z.array(
    z.object({
      name: z.string(),
      lrs: z.array(z.number()),
      losses: z.array(z.number()),
      suggestions: z.record(z.string(), z.number()),
    }),
  ),
});
const url = new URL('../../testdata/lr-find/suggestions.json', import.meta.url);
const { curves } = Reference.parse(JSON.parse(readFileSync(url, 'utf8')));

for (const { name, lrs, losses, suggestions } of curves) {
  test(`valley, slide, minimum and steep say what fastai's do: ${name}`, () => {
    assert.equal(Object.keys(suggestions).length, 4);
    for (const func of [valley, slide, minimum, steep]) {
      const expected = suggestions[func.name] ?? Number.NaN;
      const got = func(lrs, losses) ?? Number.NaN;
      assert.ok(Math.abs(got / expected - 1) < 1e-5, `${func.name}: ${got}, fastai has ${expected}`);
    }
  });
}

test('a curve that is too short gives no suggestion rather than a wrong one', () => {
  assert.deepEqual(suggestionsOf([1e-3, 1e-2], [1, 2], 100, [valley, slide]), {});
  assert.equal(slide([1, 2, 3], [3, 2, 1]), undefined);
  assert.equal(steep([1], [1]), undefined);
});

test('the finder gives the suggestions that it is asked for, and leaves the learner as it was', async () => {
  const learner = await tinyLearner();
  try {
    const values = async () => [...(await learner.engine.values()).values()].flatMap((v) => [...v]);
    const before = await values();
    const all = await learner.lrFind({ numIt: 40 });
    assert.deepEqual(Object.keys(all.suggestions), ['valley', 'slide', 'minimum', 'steep']);
    const last = (lrs: readonly number[]) => lrs.at(-1);
    const own = await learner.lrFind({ numIt: 40, suggestFuncs: [last] });
    assert.deepEqual(own.suggestions, { last: own.lrs.at(-6) });
    assert.equal(all.suggestion, all.edge / 10);
    assert.deepEqual(await values(), before);
  } finally {
    await learner.close();
  }
});
