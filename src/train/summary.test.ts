import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tinyLearner } from './testing/tiny-learner.js';

test("a learner's summary has its parameters, its pictures' size, and what is trained as it is frozen", async () => {
  const learner = await tinyLearner({ trainBn: false });
  try {
    const { segments } = learner.engine.layout;
    const sizes = (from: number) => segments.filter((s) => s.group >= from).reduce((n, s) => n + s.size, 0);
    const last = learner.groups - 1;
    const whole = learner.summary();
    assert.deepEqual([whole.size, whole.classes], [learner.data.size, learner.data.classes.length]);
    assert.deepEqual([whole.parameters, whole.trainable, whole.trainableFrozen], [sizes(0), sizes(0), sizes(last)]);
    learner.freeze();
    assert.equal(learner.summary().trainable, sizes(last));
    learner.freezeTo(1);
    assert.equal(learner.summary().trainable, sizes(1));
    // It says the same once a step has been taken.
    await learner.fit(1, 1e-3);
    assert.equal(learner.summary().trainable, sizes(1));
  } finally {
    await learner.close();
  }
});
