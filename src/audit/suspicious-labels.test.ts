import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreement, type Judged, suspiciousLabels } from './suspicious-labels.js';

const CLASSES = ['cat', 'dog', 'eel'];

function judged(name: string, label: number, ...probabilities: number[]): Judged {
  return { file: { file: name, split: 'valid', label: CLASSES[label] }, label, probabilities };
}

test('a label is suspicious where the model all but excludes it and takes another class as readily as usual', () => {
  const pictures = [
    judged('cat', 0, 0.9, 0.05, 0.05),
    judged('dog', 1, 0.2, 0.6, 0.2),
    // A third of an equal share is no more than doubt.
    judged('doubt', 0, 0.11, 0.85, 0.04),
    judged('wrong', 0, 0.02, 0.97, 0.01),
    // Dogs have 0.6 and 0.01 on average, so that 0.5 for a dog is as usual.
    judged('unsure', 0, 0.01, 0.5, 0.49),
    judged('eel?', 1, 0.24, 0.01, 0.75),
    // No picture is labelled an eel: a half is wanted.
    judged('no class', 1, 0.49, 0.02, 0.49),
  ];
  assert.deepEqual(
    suspiciousLabels(pictures, CLASSES).map(({ files, suggested, probability, labelProbability, message }) => [
      files[0]?.file,
      suggested,
      probability,
      labelProbability,
      message,
    ]),
    [
      ['wrong', 'dog', 0.97, 0.02, 'is labelled cat (2.0 % by the model), which takes it for dog (97.0 %)'],
      ['eel?', 'eel', 0.75, 0.01, 'is labelled dog (1.0 % by the model), which takes it for eel (75.0 %)'],
      ['unsure', 'dog', 0.5, 0.01, 'is labelled cat (1.0 % by the model), which takes it for dog (50.0 %)'],
      ['no class', 'cat', 0.49, 0.02, 'is labelled dog (2.0 % by the model), which takes it for cat (49.0 %)'],
    ],
  );
  assert.equal(agreement(pictures), 2 / 7);
  assert.deepEqual(suspiciousLabels([], CLASSES), []);
});
