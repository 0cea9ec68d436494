import { accuracy } from './accuracy.js';
import { named, SINGLE } from './metric.js';

/** 1 − accuracy. */
export const errorRate = named('error_rate', (preds, targets) => 1 - accuracy(preds, targets), {
  tasks: SINGLE,
  isShare: true,
});
