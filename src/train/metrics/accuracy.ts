import { argMax } from './arg-max.js';
import { named, SINGLE, singleLabels } from './metric.js';

/** Share of pictures whose most probable class is the right one. */
export const accuracy = named(
  'accuracy',
  (preds, targets) => {
    const labels = singleLabels('accuracy', preds, targets);
    return argMax(preds).reduce((right, label, i) => right + (label === labels[i] ? 1 : 0), 0) / preds.n;
  },
  { tasks: SINGLE, isShare: true },
);
