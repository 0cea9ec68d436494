import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { UserError } from '../../core/errors.js';
import type { Learner } from '../learner.js';
import { tinyLearner } from '../testing/tiny-learner.js';

let learner: Learner;
before(async () => {
  learner = await tinyLearner();
});
after(() => learner.close());

test('what training was can be plotted by the recorder, what the finder found by itself', async () => {
  const { recorder } = learner;
  assert.throws(() => recorder.plot(), UserError);
  const found = await learner.lrFind({ numIt: 8 });
  assert.equal(recorder.plot().svg(), found.plot().svg());
  assert.match(
    found.plot({ used: 1e-5, title: 'My rates' }).text(),
    /^My rates\n[\s\S]*suggestion [\s\S]*used 1\.00e-5/,
  );

  await learner.fitOneCycle(2, { maxLr: 1e-3 });
  assert.match(recorder.plotLosses().description, /^Losses over 6 iterations, training loss .*, validation loss/);
  assert.match(recorder.plotLosses().svg(), /training loss \(smoothed\)/);
  assert.doesNotMatch(recorder.plotLr().svg(), /momentum/);
  assert.match(recorder.plotLr({ showMomentum: true }).svg(), />momentum</);
  assert.match(recorder.plotMetrics().text(), /^Metrics\naccuracy\n/);
  assert.deepEqual(recorder.table().header, ['epoch', 'train_loss', 'valid_loss', 'accuracy', 'seconds']);
  assert.equal(recorder.table().rows.length, 2);
});
