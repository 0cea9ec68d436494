import { UserError } from '../../core/errors.js';
import { checkInteger, checkNumber, checkShare } from '../check.js';
import { quoted } from '../quoted.js';
import { draw } from './draw.js';
import { type KeyOf, keysOf } from './keys.js';
import { type Column, columnName, type FileList, NO_ROW, placeOf, type Row } from './listed.js';

/** Which split a picture goes to; UNUSED ones to none. */
export const Part = { train: 0, valid: 1, test: 2, unused: 3 } as const;

/** What is known when a list is split: all labels are read, but classes are not made yet. */
export interface SplitInput {
  readonly list: FileList;
  /** What each picture shows, as a name to draw equal shares by, [n]; a UserError for a regression. */
  strata(): readonly string[];
  /** Is told what is worth knowing. */
  notice(message: string): void;
}

/** Puts each picture of a list into a split: a number of `Part` for each, [n]. */
export type Splitter = (input: SplitInput) => Uint8Array;

export interface RandomSplitOptions {
  /** Decides what is drawn. Default 0. */
  readonly seed?: number | undefined;
  /** `true`: the same share of every class; or of whatever is named. Default: none. */
  readonly stratify?: boolean | KeyOf | undefined;
  /** Pictures with the same key (a patient, a burst, a video) never come into different splits. Default: none. */
  readonly group?: KeyOf | undefined;
}

/** Draws a share for validation. */
export function randPct(validPct: number, options: RandomSplitOptions = {}): Splitter {
  checkShare('validPct', validPct);
  const seed = checkInteger('seed', options.seed ?? 0, 0);
  return (input) => {
    const drawn = draw(input.list.items.length, { share: validPct, seed, ...drawingOf(input, options) });
    return drawn.map((yes) => (yes === 1 ? Part.valid : Part.train));
  };
}

/** Draws a share for training and another for validation; the rest is not used. */
export function subsets(trainSize: number, validSize: number, options: RandomSplitOptions = {}): Splitter {
  checkShare('trainSize', trainSize);
  checkShare('validSize', validSize);
  checkNumber('trainSize + validSize', trainSize + validSize, 0, 1);
  const seed = checkInteger('seed', options.seed ?? 0, 0);
  return (input) => {
    const { strata, groups } = drawingOf(input, options);
    const parts = draw(input.list.items.length, { share: validSize, seed, strata, groups });
    const rest = [...parts.keys()].filter((i) => parts[i] !== Part.valid);
    const of = (keys: readonly string[] | undefined) => keys && rest.map((i) => keys[i] ?? '');
    // All that is left, or what a draw from it leaves: what is drawn here is not used.
    const share = Math.max(0, 1 - trainSize / (1 - validSize));
    const unused = draw(rest.length, { share, seed, turn: 1, strata: of(strata), groups: of(groups) });
    rest.forEach((i, k) => {
      parts[i] = unused[k] === 1 ? Part.unused : Part.train;
    });
    return parts;
  };
}

function drawingOf(input: SplitInput, { stratify, group }: RandomSplitOptions) {
  const by = stratify === false ? undefined : stratify;
  return {
    strata: by === true ? input.strata() : by && keysOf(input.list, by, 'key to stratify by'),
    groups: group && keysOf(input.list, group, 'group'),
  };
}

export interface FolderSplitOptions {
  /** Default `train`. */
  readonly train?: string | undefined;
  /** Default `valid`. */
  readonly valid?: string | undefined;
  /** A folder of labelled pictures to measure on at the very end. Default: none. */
  readonly test?: string | undefined;
}

/** By the first folder below the list's; pictures in others are not used. */
export function byFolder({ train = 'train', valid = 'valid', test }: FolderSplitOptions = {}): Splitter {
  const parts = new Map<string, number>([
    [train, Part.train],
    [valid, Part.valid],
    ...(test === undefined ? [] : [[test, Part.test] as const]),
  ]);
  if (parts.size !== (test === undefined ? 2 : 3))
    throw new UserError('the folders of the splits must be different ones');
  return ({ list, notice }) => {
    const folders = list.items.map(({ name }) => name.slice(0, Math.max(0, name.indexOf('/'))));
    const found = new Set(folders);
    for (const folder of parts.keys()) {
      if (!found.has(folder)) {
        throw new UserError(
          `${list.root} has no pictures in a folder "${folder}"; there are some in ${quoted([...found])}`,
        );
      }
    }
    if (isTestName(valid)) notice(testForValidation(valid));
    return Uint8Array.from(folders, (folder) => parts.get(folder) ?? Part.unused);
  };
}

/** By position: the named pictures are for validation, the others for training. */
export function byIdx(valid: Iterable<number>): Splitter {
  const positions = [...valid];
  return ({ list }) => marked(list, [[positions, Part.valid]], Part.train);
}

/** By position; pictures that are in neither list are not used. */
export function byIdxs(train: Iterable<number>, valid: Iterable<number>): Splitter {
  const positions = [
    [[...train], Part.train],
    [[...valid], Part.valid],
  ] as const;
  return ({ list }) => marked(list, positions, Part.unused);
}

function marked(list: FileList, lists: readonly (readonly [readonly number[], number])[], others: number): Uint8Array {
  const count = list.items.length;
  const parts = new Uint8Array(count).fill(others);
  const seen = new Map<number, number>();
  for (const [positions, part] of lists) {
    for (const at of positions) {
      checkInteger('a position in the list', at, 0, count - 1);
      if ((seen.get(at) ?? part) !== part) throw new UserError(`position ${at} is in both splits`);
      seen.set(at, part);
      parts[at] = part;
    }
  }
  return parts;
}

/** By name: those named are for validation. A name without a folder means files of that name in any folder. */
export function byFiles(names: Iterable<string>, source = 'the list of validation files'): Splitter {
  const wanted = new Set([...names].map((name) => name.replaceAll('\\', '/')));
  return ({ list }) => {
    const found = new Set<string>();
    const parts = Uint8Array.from(list.items, ({ file, name }) => {
      const match = [name, file, name.slice(name.lastIndexOf('/') + 1)].find((form) => wanted.has(form));
      if (match !== undefined) found.add(match);
      return match === undefined ? Part.train : Part.valid;
    });
    const lost = [...wanted].filter((name) => !found.has(name));
    if (lost.length > 0) throw new UserError(`${source} names ${quoted(lost)}, not among the pictures of ${list.root}`);
    return parts;
  };
}

/** By a function that is true for validation. */
export function byValidFunc(isValid: (file: string, row: Row) => boolean): Splitter {
  return ({ list }) =>
    Uint8Array.from(list.items, ({ file, row }) => (isValid(file, row ?? NO_ROW) ? Part.valid : Part.train));
}

/** All for training. */
export const none: Splitter = ({ list }) => new Uint8Array(list.items.length).fill(Part.train);

const WORDS: ReadonlyMap<string, number> = new Map([
  ...['false', '0', 'no', 'f', 'n', '', 'train', 'training'].map((word) => [word, Part.train] as const),
  ...['true', '1', 'yes', 't', 'y', 'valid', 'val', 'validation'].map((word) => [word, Part.valid] as const),
  ['test', Part.test],
]);

/** By a column: true, 1, yes or valid for validation; false, 0, no, train or nothing for training; test for the test set. */
export function fromColumn(column: Column): Splitter {
  return ({ list }) => {
    const name = columnName(list, column);
    return Uint8Array.from(list.items, (item) => {
      const value = item.row?.[name] ?? '';
      const part = WORDS.get(String(value).trim().toLowerCase());
      if (part !== undefined) return part;
      throw new UserError(
        `${placeOf(list, item)}: the column "${name}" must say true or false (or train, valid, test), not ${JSON.stringify(value)}`,
      );
    });
  };
}

/** Whether a folder's name says that nothing may be chosen by it. */
export function isTestName(folder: string): boolean {
  return /^test/i.test(folder);
}

/** What to tell where a test set is used to validate. */
export function testForValidation(folder: string): string {
  return `the folder "${folder}" is used for validation: whatever is chosen by it (rates, epochs, when to stop) makes its accuracy look better than it is; to know the accuracy on new pictures, keep a test set that chooses nothing`;
}
