import type { SplitName, Task } from './batch.js';

/** The label of a picture that has none. */
export const NO_LABEL = -1;

/** One picture on the disk and what it shows. */
export interface Item {
  readonly file: string;
  /** Index into the classes; NO_LABEL without a label, and wherever `targets` say what is shown. */
  readonly label: number;
  /** Multi-label: 0 or 1 for each class. Regression: the outputs' values. */
  readonly targets?: Float32Array;
}

/** A file that was left out, and why. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** Pictures with their labels, split. */
export interface LabelledFiles {
  readonly task: Task;
  /** Names of the classes, or of a regression's outputs. */
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly Item[]>>;
  /** Pictures in formats that cannot be decoded. */
  readonly unsupported: readonly Skipped[];
  /** Which of the files are links; undefined where nobody has looked. */
  readonly links?: ReadonlySet<string> | undefined;
  /** Whether what is for validation was drawn from the training pictures, not told by folders or a table. */
  readonly drawn?: boolean;
  /** What is worth telling the user of them. */
  readonly notices?: readonly string[];
}

/** Labelled pictures, and the folder that they are in. */
export interface LabelledSet {
  readonly root: string;
  readonly files: LabelledFiles;
}
