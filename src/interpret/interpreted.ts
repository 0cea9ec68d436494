import { UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { checkNumber } from '../data/check.js';
import { activated } from '../train/activations.js';
import { argMax, type Predictions, type Targets } from '../train/metrics/index.js';
import { logs } from './losses.js';

/** Predictions with what they are compared with: all that an interpretation needs. */
export interface Interpreted {
  /** Probabilities, [n, classes]. */
  readonly preds: Predictions;
  /** Class indices [n] where each picture has one label; 0 or 1, [n, classes], where it may have several. */
  readonly targets: Targets;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** The file of each picture, [n]. */
  readonly files: readonly string[];
  /** What the network gave before softmax or sigmoid, [n, classes]. Default: what the probabilities tell of it. */
  readonly outputs?: Float32Array | undefined;
  /** The predictions without test-time augmentation, where `preds` are with it. */
  readonly plain?: Predictions | undefined;
  /** With several labels a picture, those with probabilities above it count as given. Default 0.5. */
  readonly threshold?: number | undefined;
}

/**
 * Checks that all parts speak of the same pictures and classes.
 *
 * @throws {UserError} naming the part that does not
 */
export function checkInterpreted(given: Interpreted): void {
  const { preds, targets, classes, files, outputs, plain, threshold = 0.5 } = given;
  const { n } = preds;
  if (n === 0) throw new UserError('there are no pictures to interpret the predictions of');
  if (classes.length !== preds.classes) {
    throw new UserError(`there are predictions of ${preds.classes} classes, but ${classes.length} names of classes`);
  }
  assertLength('predictions', preds.data.length, n * classes.length);
  assertLength('targets', targets.length, targets instanceof Int32Array ? n : n * classes.length);
  assertLength('files', files.length, n);
  if (outputs !== undefined) assertLength('outputs', outputs.length, n * classes.length);
  if (plain !== undefined) assertLength('plain predictions', plain.data.length, n * classes.length);
  checkNumber('threshold', threshold, 0, 1);
  targets.forEach((target, i) => {
    const known = targets instanceof Int32Array ? target >= 0 && target < classes.length : target === 0 || target === 1;
    if (known) return;
    const picture = targets instanceof Int32Array ? i : Math.floor(i / classes.length);
    throw new UserError(
      `${files[picture]} has no label among the classes: only labelled pictures of classes can be interpreted`,
    );
  });
}

function assertLength(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new UserError(`there are ${actual} ${what}, ${expected} are needed`);
}

/** What is asked for by the kind of targets. */
function taskOf(targets: Targets): Exclude<Task, 'regression'> {
  return targets instanceof Int32Array ? 'single-label' : 'multi-label';
}

/** Whether each picture's answer is right, all of its labels where it may have several: 0 or 1, [n]. */
export function rightOnes(preds: Predictions, targets: Targets, threshold: number): Uint8Array {
  if (targets instanceof Int32Array) return Uint8Array.from(argMax(preds), (c, i) => (c === targets[i] ? 1 : 0));
  const { classes, data } = preds;
  return Uint8Array.from({ length: preds.n }, (_, i) => {
    for (let c = 0; c < classes; c++) {
      const at = i * classes + c;
      if ((data[at] ?? 0) > threshold !== (targets[at] === 1)) return 0;
    }
    return 1;
  });
}

/** Logits [n, classes]: those that are given, or what the probabilities tell of them (of softmax's, up to a constant for each picture). */
export function logitsOf({ preds, targets, outputs }: Interpreted): Float32Array {
  if (outputs !== undefined) return outputs;
  if (targets instanceof Int32Array) return preds.data.map((p) => logs(p).yes);
  return preds.data.map((p) => logs(p).yes - logs(p).no);
}

/** The probabilities that logits [n, classes] stand for. */
export function probabilitiesOf(logits: Float32Array, classes: number, targets: Targets): Predictions {
  return { data: activated(logits, classes, taskOf(targets)), n: logits.length / classes, classes };
}
