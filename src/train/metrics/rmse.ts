import { meanSquare, regressionMetric, residuals } from './regression.js';

/** Root of the mean squared error, of each output; their mean. */
export const rmse = regressionMetric('rmse', (output) => Math.sqrt(meanSquare(residuals(output))));
