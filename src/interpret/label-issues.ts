import { meanConfidences } from '../audit/mean-confidences.js';
import { UserError } from '../core/errors.js';
import type { Predictions } from '../train/metrics/index.js';

/** A picture whose label is probably wrong. */
export interface LabelIssue {
  /** Its place among the predictions. */
  readonly index: number;
  /** The class that it is labelled with. */
  readonly given: number;
  /** The class that it seems to be of. */
  readonly suggested: number;
  /** Probability of the given label. */
  readonly selfConfidence: number;
  /** Probability of the suggested one. */
  readonly probability: number;
}

/**
 * The pictures that confident learning doubts the labels of (Northcutt, Jiang & Chuang 2021), the most doubtful first. A class is
 * believed of a picture if its probability reaches the mean that it has on pictures labelled with it; a picture whose most probable
 * believed class is another than its label is an issue.
 *
 * The predictions should be of a network that was not trained on these pictures: one that was may have learnt the wrong labels.
 *
 * @param labels class indices [n]; −1, no label, is left out
 * @throws {UserError} unless there is a label for each picture
 */
export function labelIssues({ data, n, classes }: Predictions, labels: Int32Array): LabelIssue[] {
  if (labels.length !== n) throw new UserError(`there are ${labels.length} labels for ${n} predictions`);
  const thresholds = meanConfidences(labels, (i, label) => data[i * classes + label] ?? 0, classes);
  const issues: LabelIssue[] = [];
  labels.forEach((given, i) => {
    if (given < 0) return;
    let suggested = -1;
    let probability = 0;
    for (let c = 0; c < classes; c++) {
      const p = data[i * classes + c] ?? 0;
      if (p < (thresholds[c] ?? Number.POSITIVE_INFINITY) || p <= probability) continue;
      suggested = c;
      probability = p;
    }
    if (suggested < 0 || suggested === given) return;
    issues.push({ index: i, given, suggested, selfConfidence: data[i * classes + given] ?? 0, probability });
  });
  const margin = ({ selfConfidence, probability }: LabelIssue) => selfConfidence - probability;
  return issues.sort((a, b) => margin(a) - margin(b) || a.index - b.index);
}
