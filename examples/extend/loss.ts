import type { Loss } from 'onecycle';

/**
 * Generalised cross-entropy (Zhang & Sabuncu 2018), (1 − p^q) / q of the probability p of what is true: wrong labels pull less than in
 * cross-entropy, which it becomes as q goes to 0. It is written in ONNX's operators; gradients are the package's business.
 *
 * @param q from above 0 to 1. Default 0.7.
 */
export function generalisedCrossEntropy(q = 0.7): Loss {
  return {
    name: 'generalised_cross_entropy',
    tasks: ['single-label'],
    each(b, { outputs, targets }) {
      const p = b.op('Softmax', [outputs], { axis: 1 }); // [n, classes]
      const ofTruth = b.op('ReduceSum', [b.op('Mul', [p, targets]), b.integers(1)], { keepdims: 0 }); // [n]
      const power = b.op('Pow', [b.op('Max', [ofTruth, b.scalar(1e-7)]), b.scalar(q)]);
      return { loss: b.op('Div', [b.op('Sub', [b.scalar(1), power]), b.scalar(q)]) };
    },
  };
}
