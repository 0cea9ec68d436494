import { meanSquare, regressionMetric, residuals } from './regression.js';

/** Mean squared error. */
export const mse = regressionMetric('mse', (output) => meanSquare(residuals(output)));
