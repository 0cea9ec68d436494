import { UserError } from '../core/errors.js';
import type { SplitName } from './batch.js';
import { type Item, type LabelledFiles, NO_LABEL } from './item.js';
import { quoted } from './quoted.js';

/** What is to be done with a picture of a cleaning list. */
export const CLEANING_ACTIONS = ['keep', 'relabel', 'delete'] as const;
export type CleaningAction = (typeof CLEANING_ACTIONS)[number];

/** A decision about a picture. */
export interface CleaningDecision {
  readonly file: string;
  readonly action: CleaningAction;
  /** The class that it gets; several are joined by ";". Only where it is relabelled. */
  readonly label: string;
  /** Where the decision stands, for errors. */
  readonly place: string;
}

/**
 * The pictures without those that are deleted, and with the new labels of those that are relabelled.
 *
 * @param keyOf what tells a picture of the set, by its file; decisions are told by theirs
 * @throws {UserError} naming the place of a picture that is not in the set, a class that is not, or a second decision that contradicts the first
 */
export function cleaned(
  files: LabelledFiles,
  decisions: ReadonlyMap<string, CleaningDecision>,
  keyOf: (file: string) => string,
): LabelledFiles {
  const waiting = new Map(decisions);
  const clean = (items: readonly Item[]): Item[] =>
    items.flatMap((item) => {
      const key = keyOf(item.file);
      const decision = decisions.get(key);
      waiting.delete(key);
      if (decision === undefined || decision.action === 'keep') return [item];
      return decision.action === 'delete' ? [] : [relabelled(item, decision, files)];
    });
  const { train, valid, test } = files.splits;
  const splits: Record<SplitName, readonly Item[]> = { train: clean(train), valid: clean(valid), test: clean(test) };
  const [unknown] = [...waiting.values()];
  if (unknown !== undefined) {
    throw new UserError(`${unknown.place}: there is no picture ${unknown.file} in the set; take its line out`);
  }
  if (train.length > 0 && splits.train.length === 0) throw new UserError('no training picture is left after cleaning');
  return { ...files, splits };
}

function relabelled(item: Item, { label, place }: CleaningDecision, { task, classes }: LabelledFiles): Item {
  if (task === 'regression') throw new UserError(`${place}: the values of a regression cannot be relabelled`);
  const labels = task === 'single-label' ? [label] : label.split(';').filter((name) => name !== '');
  const unknown = labels.filter((name) => !classes.includes(name));
  if (unknown.length > 0) {
    throw new UserError(`${place}: there is no class ${quoted(unknown)}; there are ${quoted(classes)}`);
  }
  if (task === 'single-label') return { ...item, label: classes.indexOf(label) };
  return {
    ...item,
    label: NO_LABEL,
    targets: Float32Array.from(classes, (name) => (labels.includes(name) ? 1 : 0)),
  };
}
