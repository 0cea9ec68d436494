import type { DataBunch } from '../data/batch.js';
import type { Engine, StepInput } from '../engine/engine.js';
import type { FeatureBank } from './feature-bank.js';
import { allRows, targetRows, targetsOf } from './target-rows.js';

/** What one training step reads. */
export interface TrainBatch {
  readonly input: StepInput;
  /** As the loss reads them: [n, classes]. */
  readonly targets: Float32Array;
  readonly n: number;
}

export interface TrainPass {
  readonly number: number;
  readonly startBatch: number;
  /** Side of the pictures in pixels; undefined for the data's own. */
  readonly size: number | undefined;
}

/** The batches of the training set: pictures, or rows of features where the body is fixed. */
export class TrainBatches {
  /** @param copies how many augmented copies a fixed body sees */
  constructor(
    private readonly engine: Engine,
    private readonly data: DataBunch,
    private readonly bank: FeatureBank,
    private readonly copies: number,
  ) {}

  /** Batches of a pass. */
  get count(): number {
    return this.data.batchCount('train');
  }

  /**
   * One pass from a batch on; its number decides order and augmentation.
   *
   * @param asPictures whether pictures are wanted even where the body is fixed
   */
  async *pass({ number, startBatch, size }: TrainPass, asPictures: boolean): AsyncGenerator<TrainBatch> {
    if (startBatch >= this.count) return;
    if (this.engine.bodyIsFixed && !asPictures) {
      yield* this.#rows(number, startBatch, size);
      return;
    }
    const side = size ?? this.data.size;
    const classes = this.data.classes.length;
    for await (const batch of this.data.batches('train', { epoch: number, startBatch, size: side })) {
      const targets = allRows(batch.targets ?? batch.labels, classes, batch.n);
      yield { input: { pictures: batch.images, size: side }, targets, n: batch.n };
    }
  }

  async *#rows(pass: number, startBatch: number, size: number | undefined): AsyncGenerator<TrainBatch> {
    const { rows, width } = await this.bank.train(pass % this.copies, size);
    const all = targetsOf(this.data, 'train');
    const order = this.data.order('train', { epoch: pass });
    const bs = Math.min(this.data.bs, order.length);
    for (let at = startBatch * bs; at + bs <= order.length; at += bs) {
      const features = new Float32Array(bs * width);
      const indices = order.subarray(at, at + bs);
      indices.forEach((row, i) => {
        features.set(rows.subarray(row * width, (row + 1) * width), i * width);
      });
      yield { input: { features }, targets: targetRows(all, this.data.classes.length, indices), n: bs };
    }
  }
}
