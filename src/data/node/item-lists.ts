import * as labellers from '../block/label.js';
import type { LabelOptions } from '../block/label-values.js';
import type { Column, FileList, Row } from '../block/listed.js';
import type { Splitter } from '../block/split.js';
import { LabelLists } from './label-lists.js';

/** Pictures that are split and want labels: what the `split…` methods of `ImageList` give. */
export class ItemLists {
  readonly #list: () => Promise<FileList>;
  readonly #split: () => Promise<Splitter>;

  constructor(list: () => Promise<FileList>, split: () => Promise<Splitter>) {
    this.#list = list;
    this.#split = split;
  }

  /** By the name of the folder that a picture is in. */
  labelFromFolder(options: Pick<LabelOptions, 'classes'> = {}): LabelLists {
    return this.#label(labellers.fromFolder(options));
  }

  /**
   * By a column (default 1, the second): a class, several with `labelDelim`, or a number with `regression`. By several columns: numbers with
   * `regression`, else for each class 0 or 1.
   */
  labelFromColumn(columns: Column | readonly Column[] = 1, options: LabelOptions = {}): LabelLists {
    return this.#label(labellers.fromColumn(columns, options));
  }

  /** fastai's name for `labelFromColumn`. */
  labelFromDf(columns: Column | readonly Column[] = 1, options: LabelOptions = {}): LabelLists {
    return this.labelFromColumn(columns, options);
  }

  /** By a function: a class, several in an array, or with `regression` a number or several. */
  labelFromFunc(label: (file: string, row: Row) => labellers.LabelValue, options: LabelOptions = {}): LabelLists {
    return this.#label(labellers.fromFunc(label, options));
  }

  /** By the first group of a pattern in the path below the list's folder, with `/` between names. */
  labelFromRe(pattern: string | RegExp, options: LabelOptions = {}): LabelLists {
    return this.#label(labellers.fromRe(pattern, options));
  }

  /** One label after the other, in the order of the list. */
  labelFromList(labels: readonly labellers.LabelValue[], options: LabelOptions = {}): LabelLists {
    return this.#label(labellers.fromList(labels, options));
  }

  /** No labels: pictures that are only looked at. */
  labelEmpty(): LabelLists {
    return this.#label(labellers.empty);
  }

  #label(label: labellers.Labeller): LabelLists {
    return new LabelLists({ list: this.#list, split: this.#split, label });
  }
}
