import { type Balance, occurrences, type Sampling, samplingOf } from './balance.js';
import type { PassOptions, SplitName } from './batch.js';
import type { ItemSet } from './item-set.js';
import { countBatches, type PassDefaults, passOrder, type ResolvedPass, resolvePass } from './pass-plan.js';

/** A pass over a split: its options, and what it shows. */
export interface Draw {
  readonly pass: ResolvedPass;
  /** Batches of the pass, before `startBatch`. */
  readonly batches: number;
  /** Positions of the pictures in the order in which they are shown. */
  order(): Int32Array;
  /** The random stream of each picture of an order: what is shown again is altered in another way. */
  streams(order: Int32Array): Int32Array;
}

/** Decides which pictures the passes over a set show, and in which order. */
export class Draws {
  #sampling: { readonly of: Sampling | undefined } | undefined;

  constructor(
    private readonly items: ItemSet,
    private readonly balance: Balance,
    private readonly seed: number,
    private readonly defaults: PassDefaults,
  ) {}

  /**
   * Weighs the training pictures, anew after some were left out.
   *
   * Throws a UserError if the weights are no good.
   */
  weigh(): void {
    this.#sampling = { of: samplingOf(this.balance, this.items) };
  }

  draw(split: SplitName, options?: PassOptions): Draw {
    const length = this.items.split(split).length;
    const sampling = split === 'train' && (options?.shuffle ?? true) ? this.#sampling?.of : undefined;
    const count = sampling?.count ?? length;
    const pass = resolvePass(split, count, this.defaults, options);
    return {
      pass,
      batches: countBatches(count, pass),
      order: () => sampling?.order(this.seed, pass.epoch) ?? passOrder(length, this.seed, pass),
      streams: (order) => {
        if (sampling === undefined) return order;
        const before = occurrences(order, length);
        return order.map((at, i) => at + (before[i] ?? 0) * length);
      },
    };
  }
}
