import type { Limits } from '../block/encode.js';
import * as labellers from '../block/label.js';
import type { LabelOptions } from '../block/label-values.js';
import type { Column, FileList, Row } from '../block/listed.js';
import { fromColumn, type RandomSplitOptions, randPct } from '../block/split.js';
import { listCsv, listNames, listRecords, type TableOptions } from './list-files.js';
import type { BunchOptions } from './options.js';
import type { CsvOptions } from './read-csv.js';
import type { Plan } from './resolve-plan.js';

/** Options of the constructors that draw a share of the pictures for validation. */
export interface ListOptions extends BunchOptions, Limits, Pick<RandomSplitOptions, 'stratify' | 'group'> {
  /** The share that is drawn for validation, above 0 and below 1. Default 0.2. */
  readonly validPct?: number | undefined;
}

/** Options of `fromLists`, `fromNameFunc` and `fromNameRe`. */
export interface NamesOptions extends ListOptions, LabelOptions {}

/** Options of `fromDf`. */
export interface DfOptions extends ListOptions, LabelOptions, TableOptions {
  /** The column of the labels, or several, see `labelFromColumn`. Default 1, the second. */
  readonly labelCol?: Column | readonly Column[] | undefined;
  /** A column that says which pictures are for validation, see `splitFromColumn`. Default: a share is drawn. */
  readonly validCol?: Column | undefined;
}

/** Options of `fromCsv`. */
export interface CsvBunchOptions extends DfOptions, CsvOptions {
  /** The CSV file, below the path unless it is absolute. Default `labels.csv`. */
  readonly csvLabels?: string | undefined;
}

export function planFromCsv(path: string, options: CsvBunchOptions): Plan {
  return tablePlan(() => listCsv(path, options.csvLabels ?? 'labels.csv', options), options);
}

export function planFromDf(path: string, records: readonly Row[], options: DfOptions): Plan {
  return tablePlan(() => listRecords(path, records, options), options);
}

/** Pictures by name, with labels that come from their names or beside them. */
export function planFromNames(
  path: string,
  names: readonly string[],
  label: labellers.Labeller,
  options: NamesOptions,
): Plan {
  const split = randomSplit(options);
  return { list: () => listNames(path, names), split: async () => split, label };
}

function tablePlan(list: () => Promise<FileList>, options: DfOptions): Plan {
  const { validCol, labelCol = 1 } = options;
  const split = validCol === undefined ? randomSplit(options) : fromColumn(validCol);
  return { list, split: async () => split, label: labellers.fromColumn(labelCol, options) };
}

function randomSplit({ validPct = 0.2, seed, stratify, group }: ListOptions) {
  return randPct(validPct, { seed, stratify, group });
}
