/** Errors and losses; all other numbers are better when they are higher. */
const LOWER = /loss|error|^(brier|mae|mse|rmse)/i;

/** Whether less of a metric, or of a loss, is better, by its name. */
export function isLowerBetter(name: string): boolean {
  return LOWER.test(name);
}
