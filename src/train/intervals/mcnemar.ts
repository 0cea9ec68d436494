/**
 * McNemar's exact test (1947): how likely two classifiers that are equally good would be to differ so much, one being right where the
 * other is wrong on so many pictures each. Two-sided; 1 where they never differ.
 */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  // Terms of the binomial distribution, each from the one before; logarithms, because 2⁻ⁿ is too small for long n.
  let term = -n * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= fewer; k++) {
    sum += Math.exp(term);
    term += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * sum);
}
