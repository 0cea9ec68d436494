import { explained, regressionMetric, residuals, variance } from './regression.js';

/** As R², but predictions that are all off by the same amount lose nothing. */
export const explainedVariance = regressionMetric('explained_variance', (output) =>
  explained(variance(residuals(output)), variance(output.true)),
);
