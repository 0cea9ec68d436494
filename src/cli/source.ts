import { dirname, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { z } from 'zod';
import { messageOf } from '../core/errors.js';
import { captureOf } from '../data/block/pattern.js';
import { UsageError, word } from './fields.js';

const column = () => z.string().min(1, { error: 'must name a column' }).optional();
const BALANCES = ['none', 'oversample', 'weighted-sampling'] as const;

/** Options that say where pictures and labels come from, and what is for validation. */
export const labelFields = {
  /** Full path of the table, if there is one. */
  csv: z.string().min(1, { error: 'must name a file' }).optional(),
  fnCol: column(),
  suffix: z.string().optional(),
  labelCol: column(),
  imageCol: column(),
  labelDelim: z.string().min(1, { error: 'must not be empty' }).optional(),
  regression: z.boolean().default(false),
  labelRe: z.string().optional(),
  validCol: column(),
};

/** These, and how pictures are split and drawn; runs of earlier versions have none. */
export const sourceFields = {
  ...labelFields,
  groupCol: column(),
  groupRe: z.string().optional(),
  stratify: z.boolean().default(false),
  balance: word(BALANCES).default('none'),
  /** Full path of a cleaning list. */
  cleaned: z.string().min(1, { error: 'must name a file' }).optional(),
};

/** These options with those that they are seen beside. */
export type SourceOptions = z.infer<z.ZodObject<typeof sourceFields>> & {
  readonly data: string;
  readonly valid?: string | undefined;
  readonly test?: string | undefined;
  readonly validPct: number;
  readonly seed: number;
};

type MakeOption = (flags: string, description: string, fallback?: string | number) => Option;

/** Adds the flags of `sourceFields` to a command. */
export function addSource(command: Command, option: MakeOption): Command {
  return addLabels(command, option)
    .addOption(option('--group-col <column>', 'pictures with the same value stay in one split'))
    .addOption(option('--group-re <pattern>', 'the same with the first group of a regular expression in the path'))
    .addOption(option('--stratify', 'draw the same share of each class for validation (folders of classes always are)'))
    .addOption(option('--cleaned <file>', 'a cleaning list (CSV): leave out and relabel pictures as it says'))
    .addOption(option('--balance <how>', `show classes equally often: ${BALANCES.join(', ')}`, 'none'));
}

/** Adds the flags of `labelFields` to a command. */
export function addLabels(command: Command, option: MakeOption): Command {
  return command
    .optionsGroup('Labels and splits:')
    .addOption(
      option('--csv <file>', 'a table of pictures and labels; names of files count from the folder of pictures'),
    )
    .addOption(option('--fn-col <column>', 'its column of file names, by name or number from 0 (default: 0)'))
    .addOption(option('--suffix <text>', 'is added to the names of files, such as .jpg'))
    .addOption(
      option(
        '--label-col <column>',
        'the column of labels in a CSV (default: 1), metadata or Parquet file; several, with commas, are classes with 0 or 1, or numbers',
      ),
    )
    .addOption(option('--image-col <column>', 'the column of pictures in Parquet files (default: image or the like)'))
    .addOption(option('--label-delim <text>', 'stands between the labels of pictures that have several, or none'))
    .addOption(option('--regression', 'labels are numbers to predict, not classes'))
    .addOption(option('--label-re <pattern>', 'the first group of this regular expression in the path is the label'))
    .addOption(option('--valid-col <column>', 'tells what is for validation: true or false; train, valid or test'));
}

/** The folder of pictures and the table that an argument names: pictures lie beside a table. */
export function namedSource(data: string): { data: string; csv?: string } {
  const path = resolve(data);
  return /\.(csv|tsv)$/i.test(path) ? { data: dirname(path), csv: path } : { data: path };
}

/** @throws {UsageError} if an option would do nothing, or two contradict each other */
export function checkSource(o: SourceOptions): void {
  const drawn = o.groupCol ?? o.groupRe ?? (o.stratify ? '' : undefined);
  const fails: [boolean, string][] = [
    [o.csv === undefined && o.fnCol !== undefined, '--fn-col needs a CSV file'],
    [o.csv === undefined && o.suffix !== undefined, '--suffix needs a CSV file'],
    [o.csv === undefined && o.validCol !== undefined, '--valid-col needs a CSV file'],
    [o.csv === undefined && o.groupCol !== undefined, '--group-col needs a CSV file'],
    [!usesBlock(o) && o.labelDelim !== undefined, '--label-delim needs a CSV file or --label-re'],
    [!usesBlock(o) && o.regression, '--regression needs a CSV file or --label-re'],
    [
      !usesBlock(o) && o.stratify,
      '--stratify needs a CSV file, --label-re or --group-re: folders of classes are drawn from evenly anyway',
    ],
    [
      o.labelRe !== undefined && o.labelCol !== undefined,
      '--label-re and --label-col contradict each other; leave one out',
    ],
    [
      o.groupRe !== undefined && o.groupCol !== undefined,
      '--group-re and --group-col contradict each other; leave one out',
    ],
    [
      o.csv !== undefined && o.test !== undefined,
      '--test is for folders; in a CSV file, --valid-col tells the test set',
    ],
    [o.regression && o.labelDelim !== undefined, '--regression and --label-delim contradict each other; leave one out'],
    [o.regression && o.balance !== 'none', '--balance needs classes, and --regression has none'],
    [o.valid !== undefined && o.validCol !== undefined, '--valid and --valid-col contradict each other; leave one out'],
    [
      drawn !== undefined && (o.valid ?? o.validCol) !== undefined,
      '--group-re, --group-col and --stratify are for a split that is drawn; leave them out, or --valid and --valid-col',
    ],
  ];
  const fail = fails.find(([is]) => is);
  if (fail !== undefined) throw new UsageError(fail[1]);
  for (const [flag, pattern] of [
    ['--label-re', o.labelRe],
    ['--group-re', o.groupRe],
  ] as const) {
    try {
      if (pattern !== undefined) captureOf(pattern);
    } catch (error) {
      throw new UsageError(`${flag}: ${messageOf(error)}`);
    }
  }
}

/** Whether anything is asked for beyond folders of classes. */
export function usesBlock({ csv, labelRe, groupRe }: SourceOptions): boolean {
  return (csv ?? labelRe ?? groupRe) !== undefined;
}
