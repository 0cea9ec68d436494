import type { DataBunch, SplitName } from '../data/batch.js';
import { mapAhead } from '../data/prefetch.js';
import type { Predictions } from '../train/metrics/index.js';
import type { ExportedModel } from './exported-model.js';
import { mixed, passesOf } from './tta.js';

/** Batches that the model has at a time. */
const RUNNING = 2;

export interface SplitOptions {
  /** Pictures in a batch. */
  readonly bs: number;
  readonly tta: boolean;
  /** Is told how many pictures of how many are done, all passes counted. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a model says of a split, and what it says with test-time augmentation. */
export interface SplitPredictions {
  readonly plain: Predictions;
  readonly tta?: Predictions;
}

/** Probabilities, or a regression's values, of a split in the order of its files. The data must be of the model's size. */
export async function predictSplit(
  model: ExportedModel,
  data: DataBunch,
  split: SplitName,
  { bs, tta, onProgress }: SplitOptions,
): Promise<SplitPredictions> {
  const classes = model.info.classes.length;
  const passes = passesOf(tta);
  const outputs: Float32Array[] = [];
  for (const augmentation of passes) {
    const rows = new Float32Array(data.length(split) * classes);
    const batches = data.batches(split, { augmentation, batchSize: bs, shuffle: false, dropLast: false });
    let done = 0;
    for await (const { n, indices, said } of mapAhead(batches, RUNNING, async ({ images, n, indices }) => {
      return { n, indices, said: await model.outputs(images, n) };
    })) {
      indices.forEach((at, i) => {
        rows.set(said.subarray(i * classes, (i + 1) * classes), at * classes);
      });
      done += n;
      // The first pass may have left out pictures that cannot be decoded.
      const each = data.length(split);
      onProgress?.(outputs.length * each + done, passes.length * each);
    }
    outputs.push(rows.subarray(0, data.length(split) * classes));
  }
  const [plain = new Float32Array()] = outputs;
  const of = (rows: Float32Array): Predictions => ({ data: rows, n: rows.length / classes, classes });
  return { plain: of(plain), ...(tta ? { tta: of(mixed(outputs)) } : {}) };
}

/** Predictions of several splits, one after the other. */
export function joined(parts: readonly Predictions[]): Predictions {
  const classes = parts[0]?.classes ?? 0;
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, n: data.length / Math.max(1, classes), classes };
}
