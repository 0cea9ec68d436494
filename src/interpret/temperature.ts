import type { Targets } from '../train/metrics/index.js';

/** Temperatures that are looked at: with none outside of them are probabilities of use. */
export const TEMPERATURES = { least: 0.05, greatest: 20 } as const;
const STEPS = 60;

/**
 * The temperature that logits are divided by for the least negative log-likelihood (Guo et al. 2017), between 0.05 and 20. The loss
 * is convex in 1/T: its derivative is bisected.
 *
 * Where every answer is right, the least loss is that of certainty, and this gives the least temperature.
 */
export function fitTemperature(logits: Float32Array, targets: Targets, classes: number): number {
  const slope =
    targets instanceof Int32Array
      ? (inverse: number) => softmaxSlope(logits, targets, classes, inverse)
      : (inverse: number) => sigmoidSlope(logits, targets, inverse);
  let [low, high]: [number, number] = [Math.log(1 / TEMPERATURES.greatest), Math.log(1 / TEMPERATURES.least)];
  if (slope(Math.exp(low)) >= 0) return TEMPERATURES.greatest;
  if (slope(Math.exp(high)) <= 0) return TEMPERATURES.least;
  for (let step = 0; step < STEPS && high - low > 1e-9; step++) {
    const middle = (low + high) / 2;
    if (slope(Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** d/da of −Σ ln softmax(a·z)[label]: Σ (mean of z under softmax(a·z) − z[label]). */
function softmaxSlope(logits: Float32Array, labels: Int32Array, classes: number, inverse: number): number {
  let slope = 0;
  labels.forEach((label, i) => {
    const row = i * classes;
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[row + c] ?? 0);
    let [sum, weighted] = [0, 0];
    for (let c = 0; c < classes; c++) {
      const z = (logits[row + c] ?? 0) - max;
      const e = Math.exp(inverse * z);
      sum += e;
      weighted += e * z;
    }
    slope += weighted / sum - ((logits[row + label] ?? 0) - max);
  });
  return slope;
}

/** d/da of the binary cross-entropy of sigmoid(a·z): Σ (sigmoid(a·z) − target)·z. */
function sigmoidSlope(logits: Float32Array, targets: Float32Array, inverse: number): number {
  return logits.reduce((slope, z, i) => slope + (1 / (1 + Math.exp(-inverse * z)) - (targets[i] ?? 0)) * z, 0);
}
