import { UserError } from '../../core/errors.js';
import { interpret, type Labelling, type LabelOptions } from './label-values.js';
import { type Column, columnName, type FileList, type Listed, NO_ROW, placeOf, type Row } from './listed.js';
import { captureOf } from './pattern.js';

/** Reads the labels of a list. */
export type Labeller = (list: FileList) => Labelling;

/** A label as a program gives it: a class, several, a number, or several. */
export type LabelValue = string | number | readonly string[] | readonly number[];

/** By the name of the folder that a picture is in. */
export function fromFolder(options: Pick<LabelOptions, 'classes'> = {}): Labeller {
  return (list) => {
    const folders = list.items.map((item) => {
      const [folder] = item.name.split('/').slice(-2, -1);
      if (folder !== undefined) return folder;
      throw new UserError(`${placeOf(list, item)} has no label: it is in no folder below ${list.root}`);
    });
    return interpret(list, folders, options);
  };
}

/**
 * By a column, or several: numbers of a regression with several outputs, or for each class whether a picture shows it (0 or 1, true or false).
 */
export function fromColumn(columns: Column | readonly Column[], options: LabelOptions = {}): Labeller {
  return (list) => {
    const given = typeof columns === 'object' ? columns : [columns];
    const names = given.map((column) => columnName(list, column));
    const [only] = names;
    if (only === undefined) throw new UserError('name the column of the labels');
    const { regression = false, classes = names } = options;
    if (names.length === 1) {
      const values = list.items.map(({ row }) => row?.[only]);
      return interpret(list, values, regression ? { ...options, classes } : options);
    }
    if (regression) {
      const rows = list.items.map(({ row }) => names.map((name) => row?.[name]));
      return interpret(list, rows, { ...options, classes });
    }
    if (options.labelDelim !== undefined) throw new UserError('a delimiter of labels goes with one column of labels');
    const shown = list.items.map((item) => names.filter((name) => isOn(list, item, name)));
    return interpret(list, shown, { ...options, classes: names });
  };
}

const ON = new Set(['1', 'true', 'yes']);
const OFF = new Set(['0', 'false', 'no', '']);

function isOn(list: FileList, item: Listed, name: string): boolean {
  const word = String(item.row?.[name] ?? '')
    .trim()
    .toLowerCase();
  if (ON.has(word)) return true;
  if (OFF.has(word)) return false;
  throw new UserError(`${placeOf(list, item)}: the column "${name}" must say 0 or 1, not ${JSON.stringify(word)}`);
}

/** By a function: a class, several in an array, or with `regression` a number or several. */
export function fromFunc(label: (file: string, row: Row) => LabelValue, options: LabelOptions = {}): Labeller {
  return (list) =>
    interpret(
      list,
      list.items.map(({ file, row }) => label(file, row ?? NO_ROW)),
      options,
    );
}

/** By the first group of a pattern in the path below the list's folder (with `/` between names). */
export function fromRe(pattern: string | RegExp, options: LabelOptions = {}): Labeller {
  const capture = captureOf(pattern);
  return (list) => {
    const found = list.items.map((item) => {
      const label = capture(item.name);
      if (label !== undefined) return label;
      throw new UserError(`${placeOf(list, item)} has no label: ${pattern} does not match "${item.name}"`);
    });
    return interpret(list, found, options);
  };
}

/** One label after the other, in the order of the pictures. */
export function fromList(labels: readonly LabelValue[], options: LabelOptions = {}): Labeller {
  return (list) => {
    if (labels.length !== list.items.length) {
      throw new UserError(`there are ${labels.length} labels for ${list.items.length} pictures`);
    }
    return interpret(list, labels, options);
  };
}

/** None. */
export const empty: Labeller = () => ({ task: 'none' });
