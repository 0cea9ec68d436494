import { UserError } from '../core/errors.js';
import type { SplitName, Task } from './batch.js';
import { type Item, type LabelledFiles, NO_LABEL, type Skipped } from './item.js';

export const SPLITS: readonly SplitName[] = ['train', 'valid', 'test'];

/** The pictures of a bunch: those that can be used, by split, and those that cannot. */
export class ItemSet {
  readonly task: Task;
  readonly classes: readonly string[];
  readonly #splits: Record<SplitName, readonly Item[]>;
  readonly #skipped: Skipped[];

  constructor({ task, classes, splits, unsupported }: LabelledFiles) {
    this.task = task;
    this.classes = classes;
    this.#splits = { ...splits };
    this.#skipped = [...unsupported];
  }

  /** Files that were left out. */
  get skipped(): readonly Skipped[] {
    return this.#skipped;
  }

  split(split: SplitName): readonly Item[] {
    return this.#splits[split];
  }

  item(split: SplitName, index: number): Item {
    const item = this.#splits[split][index];
    if (item === undefined) {
      throw new UserError(`The ${split} split has no picture ${index}; it has ${this.#splits[split].length}`);
    }
    return item;
  }

  isLabelled(split: SplitName): boolean {
    return this.#splits[split].every(({ label, targets }) => label !== NO_LABEL || targets !== undefined);
  }

  /** The class indices of pictures, as `DataBunch.labels` has them. */
  labelsOf(items: readonly Item[]): Int32Array {
    return this.task === 'single-label' ? Int32Array.from(items, ({ label }) => label) : new Int32Array(0);
  }

  /** The targets of pictures, as `DataBunch.targets` has them. */
  targetsOf(items: readonly Item[]): Float32Array {
    if (this.task === 'single-label') return new Float32Array(0);
    const width = this.classes.length;
    const rows = new Float32Array(items.length * width).fill(Number.NaN);
    items.forEach(({ targets }, i) => {
      if (targets !== undefined) rows.set(targets, i * width);
    });
    return rows;
  }

  /**
   * Leaves pictures of a split out; a reason for each that goes, undefined for those that stay.
   *
   * Throws a UserError where nothing can be learnt of a class, or measured on a split, any more.
   */
  leaveOut(split: SplitName, reasons: readonly (string | undefined)[]): void {
    const before = this.#splits[split];
    before.forEach(({ file }, i) => {
      const reason = reasons[i];
      if (reason !== undefined) this.#skipped.push({ file, reason });
    });
    this.#splits[split] = before.filter((_, i) => reasons[i] === undefined);
    this.#assertLeft(split, before);
  }

  #assertLeft(split: SplitName, before: readonly Item[]): void {
    const now = this.#splits[split];
    const left = new Set(now.map(({ label }) => label));
    const lost = new Set(before.map(({ label }) => label).filter((label) => !left.has(label)));
    if (before.length === 0 || (now.length > 0 && (split !== 'train' || lost.size === 0))) return;
    const what = now.length === 0 ? '' : ` of ${[...lost].map((label) => `"${this.classes[label]}"`).join(', ')}`;
    const first = this.#skipped.at(-1);
    throw new UserError(
      `None of the pictures${what} in the ${split} split can be read${first ? `, e.g. ${first.file}: ${first.reason}` : ''}`,
    );
  }
}
