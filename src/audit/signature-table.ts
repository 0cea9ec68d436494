import { LENGTH, type Signature } from './signature.js';

/** Signs of so many coefficients make the key that a signature is kept under. */
const KEY_BITS = 16;
/**
 * Signs of so many coefficients, those nearest to zero, may differ from the key's: all their combinations are looked up. Among 6,667 pictures of CIFAR,
 * seven missed 6 of 1,667 copies and nine missed 2, in about the same time; in large sets the time is that of the looking up.
 */
const DOUBTFUL = { few: 9, many: 7 };
/** Sets of no more pictures are looked through more thoroughly. */
const FEW = 20000;
/** Of the signs of the 32 coefficients after the key's, so many may differ. */
const MOST_DIFFERENT = 12;

/**
 * Signatures by the signs of their lowest frequencies. Small changes of a picture change the sign only of coefficients near
 * zero, so that few keys have to be looked up (multi-probe hashing; Lv et al., "Multi-Probe LSH", VLDB 2007).
 */
export class SignatureTable {
  /** As int8, [n, 48]. */
  readonly #values: Int8Array;
  readonly #keys: Int32Array;
  readonly #others: Int32Array;
  /** Where the pictures of a key begin in `#pictures`. */
  readonly #starts = new Int32Array((1 << KEY_BITS) + 1);
  #pictures = new Int32Array(0);
  /** The other signs of each of `#pictures`, beside one another as they are read. */
  #signs = new Int32Array(0);

  readonly #doubtful: number;

  constructor(n: number) {
    this.#doubtful = n <= FEW ? DOUBTFUL.few : DOUBTFUL.many;
    this.#values = new Int8Array(n * LENGTH);
    this.#keys = new Int32Array(n).fill(-1);
    this.#others = new Int32Array(n);
  }

  add(i: number, signature: Signature): void {
    for (let k = 0; k < LENGTH; k++) this.#values[i * LENGTH + k] = Math.round(127 * (signature[k] ?? 0));
    this.#keys[i] = signs(signature, 0, KEY_BITS);
    this.#others[i] = signs(signature, KEY_BITS, LENGTH);
  }

  /** Must be called after the last `add`, before `near`. */
  build(): void {
    for (const key of this.#keys) if (key >= 0) this.#starts[key + 1] = (this.#starts[key + 1] ?? 0) + 1;
    for (let key = 0; key < 1 << KEY_BITS; key++) {
      this.#starts[key + 1] = (this.#starts[key + 1] ?? 0) + (this.#starts[key] ?? 0);
    }
    const next = this.#starts.slice();
    this.#pictures = new Int32Array(this.#starts[1 << KEY_BITS] ?? 0);
    this.#signs = new Int32Array(this.#pictures.length);
    this.#keys.forEach((key, i) => {
      if (key < 0) return;
      const at = next[key] ?? 0;
      this.#pictures[at] = i;
      this.#signs[at] = this.#others[i] ?? 0;
      next[key] = at + 1;
    });
  }

  /** Visits the pictures whose key is this signature's but for doubtful signs, and whose other signs are much the same. */
  near(signature: Signature, visit: (i: number) => void): void {
    const doubtful = Array.from({ length: KEY_BITS }, (_, k) => k)
      .sort((a, b) => Math.abs(signature[a] ?? 0) - Math.abs(signature[b] ?? 0))
      .slice(0, this.#doubtful);
    const others = signs(signature, KEY_BITS, LENGTH);
    let key = signs(signature, 0, KEY_BITS);
    for (let probe = 1; probe <= 1 << this.#doubtful; probe++) {
      const end = this.#starts[key + 1] ?? 0;
      for (let at = this.#starts[key] ?? 0; at < end; at++) {
        if (ones((this.#signs[at] ?? 0) ^ others) <= MOST_DIFFERENT) visit(this.#pictures[at] ?? 0);
      }
      // The next combination in Gray's order: one sign changes.
      key ^= 1 << (doubtful[31 - Math.clz32(probe & -probe)] ?? 0);
    }
  }

  /** The cosine between the signature of picture `i` and another. */
  cosine(i: number, signature: Signature): number {
    let sum = 0;
    for (let k = 0; k < LENGTH; k++) sum += (this.#values[i * LENGTH + k] ?? 0) * (signature[k] ?? 0);
    return sum / 127;
  }
}

/** The signs of coefficients `from` to `to`, at most 32, as bits. */
function signs(signature: Signature, from: number, to: number): number {
  let bits = 0;
  for (let k = from; k < to; k++) if ((signature[k] ?? 0) > 0) bits |= 1 << (k - from);
  return bits;
}

/** How many bits are set (Warren, "Hacker's Delight", 5-1). */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}
