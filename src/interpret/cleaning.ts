import { UserError } from '../core/errors.js';
import { checkInteger, checkNumber } from '../data/check.js';
import type { CleaningAction } from '../data/cleaned.js';
import type { ClassificationInterpretation } from './interpretation.js';

/** A picture whose label, or presence, is to be decided about. */
export interface CleaningRow {
  readonly file: string;
  /** What it is labelled with; several labels are joined by ";". */
  readonly label: string;
  /** What the network takes it for; empty of a duplicate. */
  readonly suggestion: string;
  readonly action: CleaningAction;
  /** In nats; undefined where the picture was not predicted. */
  readonly loss: number | undefined;
  /** Of the suggestion. */
  readonly probability: number | undefined;
}

export interface CleaningOptions {
  /** The most pictures, without duplicates. Default: all candidates. */
  readonly k?: number | undefined;
  /** From which probability on a wrong answer makes a picture a candidate. Default 0.9. */
  readonly minProbability?: number | undefined;
  /**
   * Groups of equal or nearly equal pictures, such as the `files` of `checkData`'s findings: all but the first of each are candidates to
   * delete. Default: none.
   */
  readonly duplicates?:
    | readonly (readonly { readonly file: string; readonly label?: string | undefined }[])[]
    | undefined;
  /** What stands in the column `action`: `keep`, to be decided by whoever looks at the pictures, or what is `suggested`. Default `keep`. */
  readonly action?: 'keep' | 'suggested' | undefined;
}

/**
 * Candidates to relabel or delete, as fastai's `ImageCleaner` shows them: pictures whose label confident learning doubts, or that are taken for
 * something else with a high probability, those with the largest losses first; then duplicates.
 *
 * @throws {UserError} if an option is out of bounds
 */
export function cleaningList(interp: ClassificationInterpretation, options: CleaningOptions = {}): CleaningRow[] {
  const { k = Math.max(1, interp.length), minProbability = 0.9, duplicates = [], action = 'keep' } = options;
  checkInteger('k (of cleaningList)', k, 1);
  checkNumber('minProbability', minProbability, 0, 1);
  if (action !== 'keep' && action !== 'suggested') {
    throw new UserError(`action must be keep or suggested, not ${JSON.stringify(action)}`);
  }
  const doubted = new Set(interp.isMultiLabel ? [] : interp.labelIssues().map(({ index }) => index));
  const sureness = (p: number) => (interp.isMultiLabel ? Math.max(p, 1 - p) : p);
  const wrong = interp
    .topLosses()
    .filter(({ predicted, actual }) => predicted !== actual)
    .filter(({ index, probability }) => doubted.has(index) || sureness(probability) >= minProbability)
    .slice(0, k)
    .map(
      ({ file, actual, predicted, loss, probability }): CleaningRow => ({
        ...{ file, label: actual, suggestion: predicted, loss, probability: sureness(probability) },
        action: action === 'keep' ? 'keep' : 'relabel',
      }),
    );
  const listed = new Set(wrong.map(({ file }) => file));
  const losses = new Map(interp.files.map((file, i) => [file, interp.losses[i]] as const));
  const again = duplicates
    .flatMap((group) => group.slice(1))
    .filter(({ file }) => !listed.has(file) && listed.add(file))
    .map(
      ({ file, label = '' }): CleaningRow => ({
        ...{ file, label, suggestion: '', loss: losses.get(file), probability: undefined },
        action: action === 'keep' ? 'keep' : 'delete',
      }),
    );
  return [...wrong, ...again];
}
