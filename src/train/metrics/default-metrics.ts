import type { Task } from '../../core/task.js';
import { accuracy } from './accuracy.js';
import { accuracyThresh } from './accuracy-thresh.js';
import { fBeta } from './f-beta.js';
import { mae } from './mae.js';
import type { Metric } from './metric.js';
import { r2Score } from './r2-score.js';

/** What a task is measured by where nothing else is chosen. */
export function defaultMetrics(task: Task): readonly Metric[] {
  switch (task) {
    case 'single-label':
      return [accuracy];
    case 'multi-label':
      return [accuracyThresh(), fBeta()];
    case 'regression':
      return [mae, r2Score];
  }
}
