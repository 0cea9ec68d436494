import { UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { GraphBuilder } from '../graph/builder.js';
import { modelOf } from '../graph/model.js';
import { writeModel } from '../graph/onnx.js';
import { float32, type TensorData, type Value } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';

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
  const sums = lossSums(b, loss, x, pictures);
  return b.op('Div', [sums.loss, sums.weight]);
}

function lossSums(b: GraphBuilder, loss: Loss, x: LossInputs, pictures?: Value): { loss: Value; weight: Value } {
  const terms = loss.each(b, x);
  const weighed = (value: Value) => (pictures === undefined ? value : b.op('Mul', [value, pictures]));
  const sum = (value: Value) => b.op('ReduceSum', [value], { keepdims: 0 });
  const weight = terms.weight === undefined ? pictures : weighed(terms.weight);
  const [n = 0] = b.dims(x.outputs);
  return { loss: sum(weighed(terms.loss)), weight: weight === undefined ? b.scalar(n) : sum(weight) };
}

/** Outputs of a whole split, and what they should be. */
export interface SplitOutputs {
  /** [n, classes] */
  readonly outputs: Float32Array;
  readonly n: number;
  readonly classes: number;
  readonly task: Task;
  /** The targets of pictures `from` to `to`, as a loss reads them: [to − from, classes]. */
  targets(from: number, to: number): Float32Array;
}

/** The mean loss of a whole split, some rows at a time. */
export async function lossOf(device: Device, loss: Loss, split: SplitOutputs): Promise<number> {
  const { outputs, n, classes, task } = split;
  const rows = Math.min(n, Math.max(1, Math.floor(NUMBERS / classes)));
  const programs = new Map<number, { id: ProgramId; weighs: boolean }>();
  const program = async (count: number): Promise<{ id: ProgramId; weighs: boolean }> => {
    const known = programs.get(count);
    if (known !== undefined) return known;
    const { model, weighs } = lossModel(loss, task, [count, classes]);
    const made = { id: await device.load(model), weighs };
    programs.set(count, made);
    return made;
  };
  let [sum, weight] = [0, 0];
  try {
    for (let from = 0; from < n; from += rows) {
      const to = Math.min(n, from + rows);
      const { id, weighs } = await program(to - from);
      const dims = [to - from, classes];
      const feeds = {
        outputs: float32(dims, outputs.slice(from * classes, to * classes)),
        targets: float32(dims, split.targets(from, to)),
      };
      const fetch = ['loss', ...(weighs ? ['weight'] : [])];
      const sums = await device.run(id, { feeds, resident: {}, keep: {}, fetch });
      sum += sumOf(sums.loss);
      weight += sums.weight === undefined ? to - from : sumOf(sums.weight);
    }
  } finally {
    for (const { id } of programs.values()) await device.unload(id);
  }
  return sum / weight;
}

/** Numbers that are sent to the device at a time. */
const NUMBERS = 2 ** 20;

function lossModel(loss: Loss, task: Task, dims: readonly number[]): { model: Uint8Array; weighs: boolean } {
  const b = new GraphBuilder('loss');
  const x = { outputs: b.input('outputs', 'float32', dims), targets: b.input('targets', 'float32', dims), task };
  const terms = loss.each(b, x);
  b.output(terms.loss, 'loss');
  if (terms.weight !== undefined) b.output(terms.weight, 'weight');
  return { model: writeModel(modelOf(b.finish())), weighs: terms.weight !== undefined };
}

/** In double precision: float32 would lose digits over many pictures. */
function sumOf(tensor: TensorData | undefined): number {
  if (tensor?.dtype !== 'float32') throw new Error('the program gave no losses');
  return Array.from(tensor.data).reduce((sum, value) => sum + value, 0);
}

/** The one number that a program gave. */
export function numberOf(tensor: TensorData | undefined): number {
  const value = tensor?.dtype === 'float32' ? tensor.data[0] : undefined;
  if (value === undefined) throw new Error('the program gave no number');
  return value;
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
