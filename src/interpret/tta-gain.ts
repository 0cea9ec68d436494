/** What test-time augmentation changes, picture by picture. */
export interface TtaGain {
  /** Accuracy without it; where pictures may have several labels, the share of those with all of them right. */
  readonly plain: number;
  /** Accuracy with it. */
  readonly tta: number;
  /** Pictures that only it gets right. */
  readonly fixed: number;
  /** Pictures that only the plain prediction gets right. */
  readonly broken: number;
  /** McNemar's exact p, two-sided: how often chance alone would part the changed pictures so unequally. */
  readonly p: number;
}

/** @param plain and with: whether each picture is answered rightly, 0 or 1, [n] */
export function ttaGain(plain: Uint8Array, tta: Uint8Array): TtaGain {
  const share = (right: Uint8Array) => right.reduce((sum, one) => sum + one, 0) / right.length;
  let [fixed, broken] = [0, 0];
  plain.forEach((was, i) => {
    if (was === tta[i]) return;
    if (was === 1) broken++;
    else fixed++;
  });
  return { plain: share(plain), tta: share(tta), fixed, broken, p: mcNemar(fixed, broken) };
}

/** McNemar's exact test: twice the tail of the binomial distribution with n = b + c and 1/2, at most 1. */
export function mcNemar(b: number, c: number): number {
  const n = b + c;
  /** ln of C(n, k) / 2ⁿ, from k = 0 on. */
  let log = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(b, c); k++) {
    tail += Math.exp(log);
    log += Math.log(n - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}
