import type { DataBunch } from '../data/batch.js';
import type { Engine, StepInput } from '../engine/engine.js';
import type { FeatureBank } from './feature-bank.js';

/** What one training step reads. */
export interface TrainBatch {
  readonly input: StepInput;
  /** Class indices, [n]. */
  readonly labels: Int32Array;
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

  /** One pass from a batch on; its number decides order and augmentation. */
  async *pass(pass: number, startBatch: number): AsyncGenerator<TrainBatch> {
    if (startBatch >= this.count) return;
    if (this.engine.bodyIsFixed) {
      yield* this.#rows(pass, startBatch);
      return;
    }
    for await (const batch of this.data.batches('train', { epoch: pass, startBatch })) {
      yield { input: { pictures: batch.images, size: this.data.size }, labels: batch.labels };
    }
  }

  async *#rows(pass: number, startBatch: number): AsyncGenerator<TrainBatch> {
    const { rows, width } = await this.bank.train(pass % this.copies);
    const all = this.data.labels('train');
    const order = this.data.order('train', { epoch: pass });
    const bs = Math.min(this.data.bs, order.length);
    for (let at = startBatch * bs; at + bs <= order.length; at += bs) {
      const features = new Float32Array(bs * width);
      const labels = new Int32Array(bs);
      for (let i = 0; i < bs; i++) {
        const row = order[at + i] ?? 0;
        features.set(rows.subarray(row * width, (row + 1) * width), i * width);
        labels[i] = all[row] ?? 0;
      }
      yield { input: { features }, labels };
    }
  }
}
