import type { Augmentation } from '../data/batch.js';

/** What the plain predictions weigh, as in fastai v1. */
const BETA = 0.4;
/** How far test-time passes zoom towards their corners. */
const SCALE = 1.35;
const PASSES = 8;

/** The passes over pictures that a prediction is made of: the plain one, then with test-time augmentation the eight others. */
export function passesOf(tta: boolean): readonly Augmentation[] {
  const augmented = Array.from({ length: PASSES }, (_, pass) => ({ kind: 'tta', pass, scale: SCALE }) as const);
  return [{ kind: 'none' }, ...(tta ? augmented : [])];
}

/**
 * What the passes say together: the augmented ones are averaged, and mixed with the plain one.
 *
 * @param outputs of each of `passesOf`, [n, classes]
 */
export function mixed(outputs: readonly Float32Array[]): Float32Array {
  const [plain = new Float32Array(), ...augmented] = outputs;
  if (augmented.length === 0) return plain;
  return plain.map((p, i) => {
    const mean = augmented.reduce((sum, pass) => sum + (pass[i] ?? 0), 0) / augmented.length;
    return BETA * p + (1 - BETA) * mean;
  });
}
