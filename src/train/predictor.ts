import type { Augmentation, DataBunch, SplitName } from '../data/batch.js';
import type { Engine } from '../engine/engine.js';
import { activated } from './activations.js';
import type { SideWork } from './callback.js';
import type { FeatureBank, FeatureTable } from './feature-bank.js';
import type { Predictions, Targets } from './metrics/index.js';
import { targetsOf } from './target-rows.js';

/** Predictions for a split, and what is true of it. */
export interface LabelledPredictions {
  readonly preds: Predictions;
  readonly targets: Targets;
}

/** With what the network gave before softmax or sigmoid, which losses read: [n, classes]. */
export interface PlainPredictions extends LabelledPredictions {
  readonly outputs: Float32Array;
}

export interface TtaOptions {
  /** The plain predictions, where they are known already. */
  readonly plain?: LabelledPredictions;
  /** Weight of the plain predictions. Default 0.4. */
  readonly beta?: number;
  /** Zoom towards the corners. Default 1.35. */
  readonly scale?: number;
}

const TTA_PASSES = 8;
/** Rows of features that the head takes at a time. */
const ROWS = 1024;

/** Probabilities, or a regression's values, of whole splits. */
export class Predictor {
  constructor(
    private readonly engine: Engine,
    private readonly data: DataBunch,
    private readonly bank: FeatureBank,
    private readonly report: (work: SideWork) => void | Promise<void>,
  ) {}

  /** A split as it is, in the order of its files. */
  async plain(split: SplitName): Promise<PlainPredictions> {
    const outputs = this.engine.bodyIsFixed
      ? await this.#fromTable(split, await this.bank.plain(split))
      : await this.#pass(split, { kind: 'none' }, 'validate', 0, 1);
    return { preds: this.#predictions(outputs), outputs, targets: targetsOf(this.data, split) };
  }

  /**
   * Test-time augmentation as fastai v1 has it: eight augmented passes (four corners × flip) are averaged, and mixed with
   * the plain predictions.
   */
  async tta(split: SplitName, o: TtaOptions): Promise<LabelledPredictions> {
    const { beta = 0.4, scale = 1.35 } = o;
    const plain = o.plain ?? (await this.plain(split));
    const mean = new Float32Array(plain.preds.data.length);
    for (let pass = 0; pass < TTA_PASSES; pass++) {
      const { data } = this.#predictions(
        await this.#pass(split, { kind: 'tta', pass, scale }, 'tta', pass, TTA_PASSES),
      );
      data.forEach((p, i) => {
        mean[i] = (mean[i] ?? 0) + p / TTA_PASSES;
      });
    }
    const data = plain.preds.data.map((p, i) => beta * p + (1 - beta) * (mean[i] ?? 0));
    return { preds: { ...plain.preds, data }, targets: plain.targets };
  }

  async #fromTable(split: SplitName, { rows, width }: FeatureTable): Promise<Float32Array> {
    const classes = this.data.classes.length;
    const n = this.data.length(split);
    const data = new Float32Array(n * classes);
    for (let at = 0; at < n; at += ROWS) {
      const count = Math.min(ROWS, n - at);
      const features = rows.slice(at * width, (at + count) * width);
      data.set(await this.engine.predictHead(features, count), at * classes);
    }
    return data;
  }

  async #pass(
    split: SplitName,
    augmentation: Augmentation,
    what: 'validate' | 'tta',
    pass: number,
    passes: number,
  ): Promise<Float32Array> {
    const classes = this.data.classes.length;
    const total = this.data.length(split);
    const data = new Float32Array(total * classes);
    let done = 0;
    for await (const batch of this.data.batches(split, { augmentation, shuffle: false, dropLast: false })) {
      const outputs = await this.engine.predict(batch.images, batch.n, this.data.size);
      batch.indices.forEach((at, i) => {
        data.set(outputs.subarray(i * classes, (i + 1) * classes), at * classes);
      });
      done += batch.n;
      await this.report({ what, done: pass * total + done, total: passes * total });
    }
    // The first pass may have left out pictures that cannot be decoded: only now is the length final.
    const n = this.data.length(split);
    return data.subarray(0, n * classes);
  }

  #predictions(outputs: Float32Array): Predictions {
    const classes = this.data.classes.length;
    return { data: activated(outputs, classes, this.data.task), n: outputs.length / classes, classes };
  }
}
