import { explained, meanSquare, regressionMetric, residuals, variance } from './regression.js';

/** The share of the targets' variance that predictions account for, R²; NaN for fewer than two pictures. */
export const r2Score = regressionMetric('r2', (output) =>
  output.true.length < 2 ? Number.NaN : explained(meanSquare(residuals(output)), variance(output.true)),
);
