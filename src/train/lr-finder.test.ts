import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../core/rng.js';
import { suggest } from './lr-finder.js';

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
