import { mean } from './metric.js';
import { regressionMetric, residuals } from './regression.js';

/** Mean absolute error. */
export const mae = regressionMetric('mae', (output) => mean(residuals(output).map(Math.abs)));
