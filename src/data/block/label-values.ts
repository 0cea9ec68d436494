import { UserError } from '../../core/errors.js';
import { type FileList, type Listed, placeOf } from './listed.js';

export interface LabelOptions {
  /** What stands between the labels of a picture that can have several, or none; makes the task multi-label. */
  readonly labelDelim?: string | undefined;
  /** Labels are numbers to be predicted, not classes. Default false. */
  readonly regression?: boolean | undefined;
  /**
   * The classes, in the order of their indices; for a regression, the outputs' names. Default: those of the training pictures in
   * the order of their code points; the columns, or `value`.
   */
  readonly classes?: readonly string[] | undefined;
}

/** What the pictures of a list show, before there are classes; each list of labels is [n]. */
export type Labelling =
  | { readonly task: 'none' }
  | {
      readonly task: 'single-label';
      readonly labels: readonly string[];
      readonly classes?: readonly string[] | undefined;
    }
  | {
      readonly task: 'multi-label';
      readonly labels: readonly (readonly string[])[];
      readonly classes?: readonly string[] | undefined;
    }
  | {
      readonly task: 'regression';
      readonly labels: readonly (readonly number[])[];
      readonly classes: readonly string[];
    };

/** Makes labels of what a table, a function or a program says; a UserError names the picture whose label is no good. */
export function interpret(list: FileList, values: readonly unknown[], options: LabelOptions): Labelling {
  const { regression = false, labelDelim, classes } = options;
  if (labelDelim === '') throw new UserError('the delimiter of labels (labelDelim) must not be empty');
  if (regression) {
    if (labelDelim !== undefined) throw new UserError('a regression has no delimiter of labels');
    return numbers(list, values, classes);
  }
  if (labelDelim === undefined && !values.some((value) => Array.isArray(value))) {
    return { task: 'single-label', classes, labels: each(list, values, className) };
  }
  return {
    task: 'multi-label',
    classes,
    labels: each(list, values, (value) => {
      if (Array.isArray(value)) return [...new Set(value.map(className))];
      if (labelDelim === undefined) throw new Error('is no array, as those of other pictures');
      const text = String(value ?? '');
      return [...new Set(text.split(labelDelim).map((part) => part.trim()))].filter((part) => part !== '');
    }),
  };
}

function numbers(list: FileList, values: readonly unknown[], outputs: readonly string[] | undefined): Labelling {
  const rows = values.map((value) => (Array.isArray(value) ? value : [value]));
  const width = outputs?.length ?? rows[0]?.length ?? 1;
  const labels = each(list, rows, (row) => {
    if (row.length !== width) throw new Error(`has ${row.length} numbers, not ${width}`);
    return row.map(finite);
  });
  const named = outputs ?? (width === 1 ? ['value'] : Array.from({ length: width }, (_, i) => `value ${i + 1}`));
  return { task: 'regression', classes: named, labels };
}

function each<T, L>(list: FileList, values: readonly T[], labelOf: (value: T) => L): L[] {
  return values.map((value, i) => {
    try {
      return labelOf(value);
    } catch (error) {
      const item: Listed | undefined = list.items[i];
      if (item === undefined || !(error instanceof Error)) throw error;
      throw new UserError(`The label of ${placeOf(list, item)} ${error.message}`);
    }
  });
}

function className(value: unknown): string {
  const name = value === undefined || value === null ? '' : String(value).trim();
  if (name === '') throw new Error('is empty: every picture needs one; fill it in, or filter such pictures out');
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`is ${value}, no class`);
  if (typeof value === 'object') throw new Error(`must be text or a number, not ${JSON.stringify(value)}`);
  return name;
}

function finite(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new Error(
    `must be a number, not ${value === undefined || value === '' ? 'empty' : (JSON.stringify(value) ?? String(value))}`,
  );
}
