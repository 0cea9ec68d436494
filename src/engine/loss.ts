import { UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { GraphBuilder } from '../graph/builder.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type Value } from '../graph/types.js';
import type { Device } from '../runtime/device.js';

/** What a loss reads in the graph. */
export interface LossInputs {
  /** Logits, or a regression's values: [n, classes]. */
  readonly outputs: Value;
  /**
   * [n, classes]. With one label, each row is a distribution over the classes: 1 for the right one, or shares of several where pictures are
   * mixed. With several, what is true of each class, from 0 to 1. In a regression, values.
   */
  readonly targets: Value;
  readonly task: Task;
}

export interface LossTerms {
  /** Of each picture, [n]. */
  readonly loss: Value;
  /** How much each picture counts in the mean, [n]. Default: all the same. */
  readonly weight?: Value;
}

/** How far outputs are from what they should be: a file of its own in `losses`, as a part of the graph. */
export interface Loss {
  readonly name: string;
  readonly tasks: readonly Task[];
  /**
   * Whether its options fit, where they depend on it.
   *
   * @throws {UserError} saying which does not
   */
  check?(task: Task, classes: number): void;
  each(b: GraphBuilder, x: LossInputs): LossTerms;
}

/**
 * Σ loss / Σ weight over a batch, a scalar.
 *
 * @param pictures a further weight of each picture, [n]: 0 for those that only fill a batch up
 */
export function meanLoss(b: GraphBuilder, loss: Loss, x: LossInputs, pictures?: Value): Value {
  const terms = loss.each(b, x);
  const [n = 0] = b.dims(x.outputs);
  const weighed = (value: Value) => (pictures === undefined ? value : b.op('Mul', [value, pictures]));
  const sum = (value: Value) => b.op('ReduceSum', [value], { keepdims: 0 });
  const weight = terms.weight === undefined ? pictures : weighed(terms.weight);
  return b.op('Div', [sum(weighed(terms.loss)), weight === undefined ? b.scalar(n) : sum(weight)]);
}

/** The mean loss of a whole split: outputs and targets [n, classes]. */
export async function lossOf(
  device: Device,
  loss: Loss,
  task: Task,
  outputs: Float32Array,
  targets: Float32Array,
  classes: number,
): Promise<number> {
  const dims = [outputs.length / classes, classes];
  const b = new GraphBuilder('loss');
  const x = { outputs: b.input('outputs', 'float32', dims), targets: b.input('targets', 'float32', dims), task };
  b.output(meanLoss(b, loss, x), 'loss');
  const id = await device.load(writeModel(modelOf(b.finish())));
  try {
    const feeds = { outputs: float32(dims, outputs), targets: float32(dims, targets) };
    const { loss: value } = await device.run(id, { feeds, resident: {}, keep: {}, fetch: ['loss'] });
    const mean = value?.dtype === 'float32' ? value.data[0] : undefined;
    if (mean === undefined) throw new Error('the program gave no number');
    return mean;
  } finally {
    await device.unload(id);
  }
}

/**
 * Checks that a loss is for a task, and its options for the classes.
 *
 * @throws {UserError} if not
 */
export function assertLossFits(loss: Loss, task: Task, classes: number): void {
  if (!loss.tasks.includes(task)) {
    throw new UserError(`the loss ${loss.name} is for ${loss.tasks.join(' and ')} data; these are ${task}`);
  }
  loss.check?.(task, classes);
}
