import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { calibrationError } from '../train/metrics/index.js';
import { ClassificationInterpretation, type Interpreted, labelIssues, type Normalize } from './index.js';
import { mcNemar } from './tta-gain.js';

const Scores = z.object({ precision: z.number(), recall: z.number(), f1: z.number(), support: z.number() });
const Common = {
  logits: z.array(z.number()),
  preds: z.array(z.number()),
  targets: z.array(z.number()),
  classes: z.number(),
  losses: z.array(z.number()),
  reliability: z.object({ counts: z.array(z.number()), ece: z.number(), mce: z.number() }),
  temperature: z.object({ temperature: z.number(), before: z.number(), after: z.number() }),
};
const Report = z.object({ classes: z.array(Scores), macro: Scores, weighted: Scores });
const Single = z.object({
  ...Common,
  report: Report,
  confusion: z.record(z.string(), z.array(z.array(z.number()))),
  issues: z.array(z.number()),
});
const Multi = z.object({ ...Common, report: Report.extend({ micro: Scores, samples: Scores }), accuracy: z.number() });
const Reference = z.object({
  single: z.object({ sure: Single, unsure: Single }),
  multi: Multi,
  mcnemar: z.array(z.tuple([z.number(), z.number(), z.number()])),
});
const file = new URL('../../testdata/interpret/reference.json', import.meta.url);
const { single, multi, mcnemar } = Reference.parse(JSON.parse(readFileSync(file, 'utf8')));

function near(actual: unknown, expected: number, what: string, tolerance = 1e-6): void {
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual} is not ${expected}`,
  );
}

const nearScores = (actual: z.infer<typeof Scores> | undefined, expected: z.infer<typeof Scores>, what: string) => {
  near(actual?.precision, expected.precision, `${what}, precision`);
  near(actual?.recall, expected.recall, `${what}, recall`);
  near(actual?.f1, expected.f1, `${what}, f1`);
  near(actual?.support, expected.support, `${what}, support`);
};

function given(r: z.infer<typeof Single> | z.infer<typeof Multi>, targets: Int32Array | Float32Array): Interpreted {
  const n = r.preds.length / r.classes;
  return {
    preds: { data: Float32Array.from(r.preds), n, classes: r.classes },
    targets,
    classes: Array.from({ length: r.classes }, (_, c) => `c${c}`),
    files: Array.from({ length: n }, (_, i) => `${i}.png`),
  };
}

/** What both kinds of targets have in common. */
function compareCommon(interp: ClassificationInterpretation, r: z.infer<typeof Single> | z.infer<typeof Multi>): void {
  r.losses.forEach((loss, i) => {
    near(interp.losses[i], loss, `loss ${i}`, 2e-5);
  });
  const { bins, ece, mce } = interp.reliability();
  assert.deepEqual(
    bins.map(({ count }) => count),
    r.reliability.counts,
  );
  near(ece, r.reliability.ece, 'ECE');
  near(mce, r.reliability.mce, 'MCE');
}

for (const [name, r] of Object.entries(single)) {
  test(`one label a picture, as scikit-learn, SciPy and cleanlab have it: ${name}`, () => {
    const base = given(r, Int32Array.from(r.targets));
    const interp = new ClassificationInterpretation(base);
    compareCommon(interp, r);
    const names: readonly [string, Normalize | false][] = [
      ['None', false],
      ['true', 'actual'],
      ['pred', 'predicted'],
      ['all', 'all'],
    ];
    for (const [theirs, normalize] of names) {
      const own = interp.confusionMatrix({ normalize });
      r.confusion[theirs]?.forEach((row, i) => {
        row.forEach((value, j) => {
          near(own[i]?.[j], value, `${theirs} ${i} ${j}`);
        });
      });
    }
    const report = interp.perClassReport();
    report.classes.forEach((row, c) => {
      const expected = r.report.classes[c];
      assert.ok(expected !== undefined);
      nearScores(row, expected, row.label);
    });
    nearScores(report.macro, r.report.macro, 'macro');
    nearScores(report.weighted, r.report.weighted, 'weighted');
    near(report.micro.f1, report.accuracy, 'micro F1 of one label each is the accuracy');
    assert.equal(report.samples, undefined);
    near(interp.reliability().ece, calibrationError()(base.preds, base.targets), 'the metric calibration_error');
    assert.deepEqual(
      interp
        .labelIssues()
        .map(({ index }) => index)
        .sort((a, b) => a - b),
      r.issues,
    );
    // With the logits, and from the probabilities alone.
    for (const outputs of [Float32Array.from(r.logits), undefined]) {
      const fit = new ClassificationInterpretation({ ...base, outputs }).temperatureScale();
      near(fit.temperature, r.temperature.temperature, 'temperature', 1e-4);
      near(fit.before.nll, r.temperature.before, 'NLL before', 1e-5);
      near(fit.after.nll, r.temperature.after, 'NLL after', 1e-5);
    }
  });
}

test('several labels a picture, as scikit-learn and SciPy have it', () => {
  const base = given(multi, Float32Array.from(multi.targets));
  const interp = new ClassificationInterpretation(base);
  compareCommon(interp, multi);
  const report = interp.perClassReport();
  report.classes.forEach((row, c) => {
    const expected = multi.report.classes[c];
    assert.ok(expected !== undefined);
    nearScores(row, expected, row.label);
  });
  for (const mean of ['micro', 'macro', 'weighted', 'samples'] as const) {
    nearScores(report[mean], multi.report[mean], mean);
  }
  near(report.accuracy, multi.accuracy, 'accuracy');
  for (const outputs of [Float32Array.from(multi.logits), undefined]) {
    const fit = new ClassificationInterpretation({ ...base, outputs }).temperatureScale();
    near(fit.temperature, multi.temperature.temperature, 'temperature', 1e-4);
    near(fit.after.nll, multi.temperature.after, 'NLL after', 1e-5);
  }
  const [worst, second] = interp.multiTopLosses(2);
  assert.ok(worst !== undefined && second !== undefined && worst.loss >= second.loss);
  assert.notEqual(worst.predicted, worst.actual);
  const { predicted = '', actual = '' } = interp.topLosses(1)[0] ?? {};
  assert.notDeepEqual(predicted.split(';'), actual.split(';'));
});

test("McNemar's exact p is the binomial test's", () => {
  for (const [b, c, p] of mcnemar) near(mcNemar(b, c), p, `${b}, ${c}`, 1e-9);
});

/** Five pictures of three classes: two right, a cat taken for a dog twice, a dog for a fox. */
const five: Interpreted = {
  preds: {
    data: Float32Array.of(0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.02, 0.96, 0.02, 0.1, 0.2, 0.7, 0.1, 0.2, 0.7),
    n: 5,
    classes: 3,
  },
  targets: Int32Array.of(0, 0, 0, 1, 2),
  classes: ['cat', 'dog', 'fox'],
  files: ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'],
};

test('the worst and the best pictures, and what is confused most', () => {
  const interp = new ClassificationInterpretation(five);
  const [worst] = interp.topLosses(1);
  assert.deepEqual(
    [worst?.index, worst?.file, worst?.predicted, worst?.actual, worst?.probabilities.length],
    [2, 'c.jpg', 'dog', 'cat', 3],
  );
  near(worst?.loss, -Math.log(0.02), 'its loss');
  near(worst?.probability, 0.96, 'its probability');
  assert.deepEqual(
    interp.topLosses(2, { largest: false }).map(({ file }) => file),
    ['a.jpg', 'e.jpg'],
  );
  assert.equal(interp.topLosses().length, 5);
  assert.deepEqual(interp.mostConfused(), [
    { actual: 'cat', predicted: 'dog', count: 2 },
    { actual: 'dog', predicted: 'fox', count: 1 },
  ]);
  assert.equal(interp.mostConfused({ minVal: 2 }).length, 1);
});

test('what test-time augmentation fixes and breaks', () => {
  const plain = { ...five.preds, data: Float32Array.from(five.preds.data) };
  // Without it the first picture was wrong, and the second right.
  plain.data.set([0.1, 0.8, 0.1, 0.9, 0.05, 0.05]);
  const gain = new ClassificationInterpretation({ ...five, plain }).ttaGain();
  assert.deepEqual(gain, { plain: 0.4, tta: 0.4, fixed: 1, broken: 1, p: 1 });
});

test('a temperature changes probabilities, not answers; where all is right it is the least', () => {
  const interp = new ClassificationInterpretation(five);
  const cooler = interp.atTemperature(2);
  assert.deepEqual(cooler.confusionMatrix(), interp.confusionMatrix());
  const [p = 0, q = 0, r = 0] = [0.8, 0.1, 0.1].map(Math.sqrt);
  near(cooler.preds.data[0], p / (p + q + r), 'softmax of halved logits');
  const right = new ClassificationInterpretation({ ...five, targets: Int32Array.of(0, 1, 1, 2, 2) });
  assert.equal(right.temperatureScale().temperature, 0.05);
});

test('a class without pictures is believed of none', () => {
  const preds = { data: Float32Array.of(0.1, 0.1, 0.8, 0.2, 0.7, 0.1), n: 2, classes: 3 };
  assert.deepEqual(labelIssues(preds, Int32Array.of(0, -1)), []);
});

test('parts that do not fit, and what is not for these predictions', () => {
  const interp = new ClassificationInterpretation(five);
  const several = { ...five, targets: new Float32Array(15) };
  const make = (change: Partial<Interpreted>) => () => new ClassificationInterpretation({ ...five, ...change });
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [make({ classes: ['cat', 'dog'] }), /3 classes, but 2 names/],
    [make({ files: ['a.jpg'] }), /there are 1 files, 5 are needed/],
    [make({ targets: Int32Array.of(0) }), /there are 1 targets, 5 are needed/],
    [make({ targets: Int32Array.of(0, 0, -1, 0, 0) }), /c\.jpg has no label/],
    [make({ targets: new Float32Array(15).fill(Number.NaN) }), /a\.jpg has no label/],
    [make({ outputs: new Float32Array(3) }), /there are 3 outputs, 15/],
    [make({ plain: { ...five.preds, data: new Float32Array(3) } }), /plain predictions/],
    [make({ threshold: 2 }), /threshold must be a number from 0 to 1/],
    [make({ preds: { ...five.preds, n: 0 } }), /no pictures/],
    [() => interp.topLosses(0), /k \(of topLosses\)/],
    [() => interp.multiTopLosses(), /several labels/],
    [() => interp.mostConfused({ minVal: 0 }), /minVal/],
    [() => interp.confusionMatrix({ normalize: JSON.parse('"rows"') }), /actual, predicted, all/],
    [() => interp.reliability({ bins: 0 }), /bins/],
    [() => interp.ttaGain(), /tta: true/],
    [() => interp.atTemperature(0), /temperature/],
    [() => new ClassificationInterpretation(several).confusionMatrix(), /one label each/],
    [() => new ClassificationInterpretation(several).labelIssues(), /one label each/],
    [() => labelIssues(five.preds, Int32Array.of(0)), /1 labels for 5/],
  ];
  for (const [call, message] of cases) {
    assert.throws(call, (error) => error instanceof UserError && message.test(error.message), String(message));
  }
});
