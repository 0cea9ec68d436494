import { UserError } from '../core/errors.js';
import { Rng, Stream } from '../core/rng.js';
import { countsOf } from './class-weights.js';
import type { ItemSet } from './item-set.js';

/**
 * How often a shuffled pass shows the training pictures of each class.
 *
 * - `none`: each once.
 * - `oversample`: pictures of rarer classes several times, so that all classes are as frequent as the most frequent; a pass is longer.
 * - `weighted-sampling`: as many draws as there are pictures, with replacement, all classes as likely (PyTorch's
 *   `WeightedRandomSampler` with inverse frequencies).
 * - weights for each class (by name; 1 if not named) or each picture: the same with weights of one's own.
 */
export type Balance =
  | 'none'
  | 'oversample'
  | 'weighted-sampling'
  | { readonly perClass: Readonly<Record<string, number>> }
  | { readonly perPicture: (file: string) => number };

/** Draws the pictures of a balanced pass. */
export interface Sampling {
  /** Pictures in a pass, those that come twice counted twice. */
  readonly count: number;
  /** Positions in the training split, [count]: a function of seed and epoch. */
  order(seed: number, epoch: number): Int32Array;
}

/** A UserError unless the value is one that `Balance` lists. */
export function checkBalance(balance: Balance): Balance {
  const known =
    balance === 'none' ||
    balance === 'oversample' ||
    balance === 'weighted-sampling' ||
    (typeof balance === 'object' && balance !== null && ('perClass' in balance || 'perPicture' in balance));
  if (known) return balance;
  throw new UserError(
    `balance must be "none", "oversample", "weighted-sampling", { perClass } or { perPicture }, not ${JSON.stringify(balance)}`,
  );
}

/**
 * The sampling that an option asks for; undefined for `none`.
 *
 * Throws a UserError if the task has no classes, or weights are no good.
 */
export function samplingOf(balance: Balance, set: ItemSet): Sampling | undefined {
  if (balance === 'none') return undefined;
  if (typeof balance === 'object') return weighted(ownWeights(balance, set));
  if (set.task === 'regression') {
    throw new UserError(
      `balance: "${balance}" needs classes; for a regression give weights for each picture, { perPicture }`,
    );
  }
  return balance === 'oversample' ? repeated(repeatFactors(set)) : weighted(repeatFactors(set));
}

/**
 * How often each picture would be shown for its class to be as frequent as the most frequent; for several labels, as its rarest
 * asks for (LVIS, Gupta et al. 2019, without their square root and threshold).
 */
function repeatFactors(set: ItemSet): Float64Array {
  const counts = countsOf(set.classes.length, set.labelsOf(set.split('train')), set.targetsOf(set.split('train')));
  const most = Math.max(...counts);
  return Float64Array.from(set.split('train'), ({ label, targets }) => {
    if (targets === undefined) return most / (counts[label] ?? most);
    return targets.reduce((factor, on, c) => (on === 0 ? factor : Math.max(factor, most / (counts[c] ?? most))), 1);
  });
}

function ownWeights(balance: Exclude<Balance, string>, set: ItemSet): Float64Array {
  const items = set.split('train');
  if ('perPicture' in balance) {
    return Float64Array.from(items, ({ file }) => checkWeight(balance.perPicture(file), file));
  }
  if (set.task === 'regression') throw new UserError('balance: { perClass } needs classes; use { perPicture }');
  const unknown = Object.keys(balance.perClass).find((name) => !set.classes.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`balance: there is no class "${unknown}"; the classes are ${set.classes.join(', ')}`);
  }
  const perClass = set.classes.map((name) => checkWeight(balance.perClass[name] ?? 1, `the class "${name}"`));
  return Float64Array.from(items, ({ label, targets }) => {
    if (targets === undefined) return perClass[label] ?? 1;
    const own = perClass.filter((_, c) => targets[c] !== 0);
    return own.length === 0 ? 1 : Math.max(...own);
  });
}

function checkWeight(weight: number, what: string): number {
  if (Number.isFinite(weight) && weight >= 0) return weight;
  throw new UserError(`balance: the weight of ${what} must be a number of at least 0, not ${String(weight)}`);
}

/** As many draws with replacement as there are weights. */
function weighted(weights: Float64Array): Sampling {
  let sum = 0;
  const upTo = weights.map((weight) => {
    sum += weight;
    return sum;
  });
  if (sum === 0) throw new UserError('balance: all weights are 0; nothing would be drawn');
  return {
    count: weights.length,
    order(seed, epoch) {
      const rng = new Rng(seed, Stream.balance, epoch);
      return Int32Array.from(weights, () => firstAbove(upTo, rng.uniform(0, sum)));
    },
  };
}

/** Each picture ⌊factor⌋ times; the rest of all factors goes to pictures drawn anew for each pass. */
function repeated(factors: Float64Array): Sampling {
  // Counted in whole pictures for each factor, which is what a class shares, so that classes come out equal to the picture.
  const sharing = new Map<number, number[]>();
  factors.forEach((factor, i) => {
    const same = sharing.get(factor);
    if (same === undefined) sharing.set(factor, [i]);
    else same.push(i);
  });
  const sizes = new Map([...sharing].map(([factor, members]) => [factor, Math.round(factor * members.length)]));
  const count = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return {
    count,
    order(seed, epoch) {
      const rng = new Rng(seed, Stream.balance, epoch);
      const order = new Int32Array(count);
      let at = 0;
      for (const [factor, members] of sharing) {
        const end = at + (sizes.get(factor) ?? 0);
        for (const drawn = rng.shuffle([...members]); at < end; ) {
          for (let i = 0; i < drawn.length && at < end; i++) order[at++] = drawn[i] ?? 0;
        }
      }
      return rng.shuffle(order);
    },
  };
}

/** The first position whose running sum lies above a value. */
function firstAbove(upTo: Float64Array, value: number): number {
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How often each position of an order has come before, [n]. */
export function occurrences(order: Int32Array, count: number): Int32Array {
  const seen = new Int32Array(count);
  return order.map((at) => {
    const before = seen[at] ?? 0;
    seen[at] = before + 1;
    return before;
  });
}
