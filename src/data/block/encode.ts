import { UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import { byCodePoint } from '../code-points.js';
import { type Item, type LabelledFiles, NO_LABEL } from '../item.js';
import { quoted } from '../quoted.js';
import type { Labelling } from './label-values.js';
import { type FileList, placeOf } from './listed.js';
import { Part } from './split.js';

export interface Limits {
  /** Whether nothing is learnt from the pictures: then a single class will do. */
  readonly onlyMeasured?: boolean | undefined;
  /** Only the first so many training pictures of each class. */
  readonly limitPerClass?: number | undefined;
  /** The same for validation and test. */
  readonly validLimitPerClass?: number | undefined;
}

/**
 * Numbers the classes by the training pictures, and labels all.
 *
 * Throws a UserError if nothing can be learnt from them, or another split has a class that the training pictures lack.
 *
 * @param parts a number of `Part` for each picture, [n]
 */
export function encode(list: FileList, labelling: Labelling, parts: Uint8Array, limits: Limits): LabelledFiles {
  if (!parts.includes(Part.train)) throw new UserError(`No pictures of ${list.root} are left to train on`);
  const classes =
    labelling.task === 'none'
      ? []
      : (labelling.classes ?? classesOf(list, labelling, parts, limits.onlyMeasured === true));
  const itemOf = encoder(list, labelling, classes);
  const items = (part: number): Item[] => list.items.flatMap((_, i) => (parts[i] === part ? [itemOf(i)] : []));
  const splits: Record<SplitName, readonly Item[]> = {
    train: limited(items(Part.train), labelling, limits.limitPerClass),
    valid: limited(items(Part.valid), labelling, limits.validLimitPerClass),
    test: limited(items(Part.test), labelling, limits.validLimitPerClass),
  };
  const task = labelling.task === 'none' ? 'single-label' : labelling.task;
  return { task, classes, splits, links: list.links, unsupported: list.unsupported };
}

/** The labels of pictures that belong to no list of the same labels: none. */
export function unlabelled(list: FileList): Item[] {
  return list.items.map(({ file }) => ({ file, label: NO_LABEL }));
}

/** Labels further pictures (a test set's) with classes that are known. */
export function encodeMore(list: FileList, labelling: Labelling, classes: readonly string[]): Item[] {
  const itemOf = encoder(list, labelling, classes);
  return list.items.map((_, i) => itemOf(i));
}

function classesOf(
  list: FileList,
  labelling: Exclude<Labelling, { task: 'none' }>,
  parts: Uint8Array,
  oneWillDo: boolean,
): string[] {
  const names = new Set<string>();
  labelling.labels.forEach((label, i) => {
    if (parts[i] !== Part.train) return;
    for (const name of typeof label === 'string' ? [label] : label) names.add(String(name));
  });
  const classes = [...names].sort(byCodePoint);
  if (labelling.task === 'single-label' && classes.length === 1 && !oneWillDo) {
    throw new UserError(
      `The training pictures of ${list.root} are of one class only (${quoted(classes)}); a classifier needs at least two`,
    );
  }
  if (classes.length === 0) throw new UserError(`No training picture of ${list.root} has a label`);
  return classes;
}

function encoder(list: FileList, labelling: Labelling, classes: readonly string[]): (i: number) => Item {
  const numbers = new Map(classes.map((name, number) => [name, number]));
  if (numbers.size !== classes.length) throw new UserError(`the classes name one twice: ${quoted(classes)}`);
  const fileOf = (i: number): string => list.items[i]?.file ?? '';
  const numberOf = (name: string, i: number): number => {
    const number = numbers.get(name);
    const item = list.items[i];
    if (number !== undefined || item === undefined) return number ?? NO_LABEL;
    throw new UserError(
      `${placeOf(list, item)} has the label "${name}", which is not among the classes to learn: ${quoted(classes)}`,
    );
  };
  switch (labelling.task) {
    case 'none':
      return (i) => ({ file: fileOf(i), label: NO_LABEL });
    case 'single-label':
      return (i) => ({ file: fileOf(i), label: numberOf(labelling.labels[i] ?? '', i) });
    case 'multi-label':
      return (i) => {
        const targets = new Float32Array(classes.length);
        for (const name of labelling.labels[i] ?? []) targets[numberOf(name, i)] = 1;
        return { file: fileOf(i), label: NO_LABEL, targets };
      };
    case 'regression':
      return (i) => ({ file: fileOf(i), label: NO_LABEL, targets: Float32Array.from(labelling.labels[i] ?? []) });
  }
}

function limited(items: Item[], { task }: Labelling, limit: number | undefined): Item[] {
  if (limit === undefined) return items;
  if (task !== 'single-label') throw new UserError('a limit for each class needs pictures of one class each');
  const counts = new Map<number, number>();
  return items.filter(({ label }) => {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    return count <= limit;
  });
}

/** What each picture shows, as a name to draw equal shares by: its class, or all its classes together. */
export function strataOf(labelling: Labelling): readonly string[] {
  if (labelling.task === 'single-label') return labelling.labels;
  if (labelling.task === 'multi-label')
    return labelling.labels.map((names) => JSON.stringify([...names].sort(byCodePoint)));
  throw new UserError('stratify: true needs classes; name a column, a pattern or a function to stratify by');
}
