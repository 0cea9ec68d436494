/**
 * A seeded generator of random numbers (sfc32, Doty-Humphrey's PractRand).
 *
 * A stream is named by a list of integers, e.g. `new Rng(seed, STREAM, epoch, item)`: what one item gets does not
 * depend on how many others came before it or on which thread draws it.
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(...keys: readonly number[]) {
    // Three differently salted hashes of the keys fill the state.
    this.#a = hash(keys, 0x9e3779b9);
    this.#b = hash(keys, 0x85ebca6b);
    this.#c = hash(keys, 0xc2b2ae35);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A uniform integer in [0, 2³²). */
  uint32(): number {
    const t = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** A uniform number in [low, high); [0, 1) without arguments. */
  uniform(low = 0, high = 1): number {
    const unit = (this.uint32() * 2097152 + (this.uint32() >>> 11)) / 9007199254740992;
    return low + (high - low) * unit;
  }

  /** A uniform integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** A standard normal number (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends { [index: number]: number; length: number } | unknown[]>(array: T): T {
    const items = array as { [index: number]: unknown; length: number };
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return array;
  }
}

/** Names of the random streams, so that no two uses share one. */
export const Stream = {
  split: 1,
  shuffle: 2,
  augment: 3,
  init: 4,
  dropout: 5,
  sample: 6,
  balance: 7,
  subset: 8,
  bootstrap: 9,
  custom: 10,
  mix: 11,
} as const;

function hash(keys: readonly number[], salt: number): number {
  let h = salt | 0;
  for (const key of keys) {
    // Both halves of a number above 2³² count.
    for (const word of [key | 0, Math.floor(key / 4294967296) | 0]) {
      h ^= word;
      h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
      h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
      h ^= h >>> 16;
      h = (h + 0x9e3779b9) | 0;
    }
  }
  return h;
}
