import { UserError } from '../../core/errors.js';
import { encode, encodeMore, type Limits, strataOf, unlabelled } from '../block/encode.js';
import type { Labeller } from '../block/label.js';
import type { FileList } from '../block/listed.js';
import { none, Part, type Splitter } from '../block/split.js';
import type { LabelledSet } from '../item.js';

/** A way from files to labelled, split pictures; nothing has been read yet. */
export interface Plan {
  readonly list: () => Promise<FileList>;
  readonly split: () => Promise<Splitter>;
  readonly label: Labeller;
  /** Pictures of the test set from elsewhere, and whether they have labels. */
  readonly test?: { readonly list: () => Promise<FileList>; readonly labelled: boolean } | undefined;
}

/**
 * Goes the way: lists, labels, splits, numbers the classes.
 *
 * Throws a UserError that names what is no good: a file, a line, an empty split.
 */
export async function resolvePlan(plan: Plan, limits: Limits = {}): Promise<LabelledSet> {
  const list = await plan.list();
  if (list.items.length === 0) throw new UserError(`No pictures of ${list.root} are left`);
  const split = await plan.split();
  const labelling = plan.label(list);
  const notices: string[] = [];
  const parts = split({ list, strata: () => strataOf(labelling), notice: (message) => notices.push(message) });
  if (split !== none && !parts.includes(Part.valid)) {
    throw new UserError(
      `No pictures of ${list.root} (${list.items.length}) come into the validation split; use a larger share or more pictures, or splitNone() to validate on none`,
    );
  }
  const files = { ...encode(list, labelling, parts, limits), notices };
  if (plan.test === undefined) return { root: list.root, files };
  const more = await plan.test.list();
  if (files.splits.test.length > 0) throw new UserError('there are pictures in the test split already');
  const test = plan.test.labelled ? encodeMore(more, plan.label(more), files.classes) : unlabelled(more);
  const unsupported = [...files.unsupported, ...more.unsupported];
  const links = new Set([...list.links, ...more.links]);
  return { root: list.root, files: { ...files, splits: { ...files.splits, test }, links, unsupported } };
}
