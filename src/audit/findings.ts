import type { SplitName } from '../data/batch.js';

/** A split, or `all` for pictures that are not split yet. */
export type AuditSplit = SplitName | 'all';

/** A file that a finding is about. */
export interface AuditFile {
  /** Path below the folder that was checked, with slashes. */
  readonly file: string;
  readonly split: AuditSplit;
  /**
   * The class that its folder or the table gives it; several labels with commas, or numbers as text; undefined for files outside of the
   * folders of classes, and without labels.
   */
  readonly label: string | undefined;
}

/**
 * - `unreadable`: a name of a picture that leads to no file that can be read
 * - `corrupt`: empty, cut off, damaged, or no picture
 * - `wrong-extension`: a picture whose name tells another format than it has, or none
 * - `unsupported`: a format that cannot be decoded
 * - `unlabelled`: a picture outside of the folders of classes
 * - `duplicate`: files with the same bytes, or the same pixels
 * - `near-duplicate`: pictures that show the same, see `findLookAlikes`
 * - `empty-class`, `missing-class`: a class without pictures, or without pictures in a split
 * - `imbalance`: a class with far fewer pictures than another
 * - `suspicious-label`: a label that a trained model doubts
 */
export type FindingKind =
  | 'unreadable'
  | 'corrupt'
  | 'wrong-extension'
  | 'unsupported'
  | 'unlabelled'
  | 'duplicate'
  | 'near-duplicate'
  | 'empty-class'
  | 'missing-class'
  | 'imbalance'
  | 'suspicious-label';

/** What is wrong with one file, one group of files, or one class. */
export interface Finding {
  readonly kind: FindingKind;
  /** `error`: training leaves it out, or results cannot be trusted; `warning`: worth a look. */
  readonly severity: 'error' | 'warning';
  /** What is wrong, without the files' names. */
  readonly message: string;
  /** The class that it is about, where it is about one. */
  readonly label?: string;
  /** None for what is about a class. */
  readonly files: readonly AuditFile[];
  /** For near duplicates: the lowest correlation that links two of them. */
  readonly similarity?: number;
  /** For groups: whether they are in more than one split, so that what is measured was seen in training. */
  readonly acrossSplits?: boolean;
  /** For groups: whether they have more than one label. */
  readonly labelsDiffer?: boolean;
  /** For suspicious labels: the class that the model takes it for, and the probabilities of this one and of the label. */
  readonly suggested?: string;
  readonly probability?: number;
  readonly labelProbability?: number;
}

/** Five numbers of a distribution. */
export interface Spread {
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
}

export interface ClassBalance {
  readonly split: AuditSplit;
  /** Pictures of the largest class for each of the smallest; of those that have any. */
  readonly ratio: number;
  /** Entropy of the classes' shares, divided by that of equal shares: 1 if all classes have as many pictures, 0 for one class. */
  readonly entropy: number;
}

/** What a model said of a set's labels as a whole. */
export interface ModelVerdict {
  /** Pictures that it was asked about: those that can be decoded and have a label that is among its classes. */
  readonly pictures: number;
  /** The share of them whose label is what it takes them for. */
  readonly agreement: number;
  /** Labels that it does not know; pictures that have them were not judged. */
  readonly unknown: readonly string[];
  /** What to think of, such as that it was trained on these pictures. */
  readonly notes: readonly string[];
}

/** All that was found out about a set of pictures. */
export interface DataReport {
  /** The folder: the one that was given, or where the archive is unpacked. */
  readonly folder: string;
  readonly classes: readonly string[];
  readonly splits: readonly AuditSplit[];
  /** Files with a picture's name in the folders of classes, or that the table names. */
  readonly pictures: number;
  /** Those that can be used, by split. */
  readonly totals: Readonly<Partial<Record<AuditSplit, number>>>;
  /** The same by class; a picture with several labels counts for each. None where labels are numbers. */
  readonly counts: readonly {
    readonly label: string;
    readonly bySplit: Readonly<Partial<Record<AuditSplit, number>>>;
  }[];
  readonly balance: readonly ClassBalance[];
  /** Of the pictures that can be decoded, in pixels as they are shown (EXIF's orientation applied), and bytes. */
  readonly sizes:
    | { readonly width: Spread; readonly height: Spread; readonly aspect: Spread; readonly bytes: Spread }
    | undefined;
  /** Number of pictures by format, and by colour mode; the most frequent first. */
  readonly formats: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  /** What a model said of the labels, if one was asked. */
  readonly model: ModelVerdict | undefined;
  readonly findings: readonly Finding[];
  readonly errors: number;
  readonly warnings: number;
}
