import { basename, join } from 'node:path';
import { UserError } from '../../core/errors.js';
import { Rng, Stream } from '../../core/rng.js';
import type { SplitName } from '../batch.js';
import { isTestName, testForValidation } from '../block/split.js';
import type { Item, LabelledFiles, Skipped } from '../item.js';
import { quoted } from '../quoted.js';
import { splitOfWord } from '../split-names.js';
import { findPictures, list } from './scan.js';

export interface LayoutOptions {
  readonly train: string;
  readonly valid: string | undefined;
  readonly test?: string | undefined;
  readonly validPct: number;
  readonly seed: number;
  readonly limitPerClass: number | undefined;
  /** Whether nothing is learnt from the pictures: see `FolderOptions`. */
  readonly onlyMeasured: boolean;
  readonly validLimitPerClass: number | undefined;
  /** Only these, in this order. Default: all, in the order of their names. */
  readonly classes?: readonly string[] | undefined;
}

/** Names tried for the validation folder, in this order. */
const VALID_NAMES = ['valid', 'val', 'validation', 'dev', 'test', 'testing'];
/** The training folder where none is asked for, and what MNIST calls it. */
const TRAIN_NAMES = ['train', 'training'];

/** Pictures by the name of their class. */
export type ClassFiles = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the classes and splits off the folders: `train/CLASS` and `valid/CLASS` (and `test/CLASS`), or `CLASS` alone
 * with a part of each class drawn for validation. A single folder around it all is passed through.
 */
export async function readLayout(path: string, options: LayoutOptions): Promise<LabelledFiles> {
  const { root, folders } = await findSplits(path, options);
  const unsupported: Skipped[] = [];
  const links = new Set<string>();
  const read = async (folder: string): Promise<ClassFolder> => ({
    name: basename(folder),
    folder,
    files: await readClasses(folder, unsupported, links),
  });

  if (folders.train === undefined) {
    if (options.valid !== undefined) {
      throw new UserError(
        `${root} has no folder "${options.train}" with a folder for each class to go with "${options.valid}"`,
      );
    }
    return { ...splitClasses({ train: await read(root) }, unsupported, options), links };
  }
  const files = splitClasses(
    {
      train: await read(folders.train),
      ...(folders.valid === undefined ? {} : { valid: await read(folders.valid) }),
      ...(folders.test === undefined ? {} : { test: await read(folders.test) }),
    },
    unsupported,
    options,
  );
  return { ...files, links };
}

/** The pictures of each class of a split, and the folder that they are in, for messages. */
export interface ClassFolder {
  /** Of the split, as its folder is called. */
  readonly name: string;
  readonly folder: string;
  readonly files: ClassFiles;
}

/** Numbers the classes and limits them; without pictures to validate on, draws some of each class. */
export function splitClasses(
  { train, valid, test }: { readonly train: ClassFolder; readonly valid?: ClassFolder; readonly test?: ClassFolder },
  unsupported: readonly Skipped[],
  options: Omit<LayoutOptions, 'train' | 'valid' | 'test'>,
): LabelledFiles {
  const classes = classesOf(train, options.classes, options.onlyMeasured);
  const items = (of: ClassFolder | undefined, limit: number | undefined): Item[] => {
    if (of === undefined) return [];
    const { folder, files } = of;
    const known = options.classes === undefined ? [...files.keys()] : classes;
    const unknown = known.filter((c) => (files.get(c)?.length ?? 0) > 0 && !classes.includes(c));
    if (unknown.length > 0) {
      throw new UserError(
        `${folder} has the class ${quoted(unknown)}, which ${train.folder} has no pictures of; the classes to learn are ${quoted(classes)}`,
      );
    }
    return classes.flatMap((c, label) => (files.get(c) ?? []).slice(0, limit).map((file) => ({ file, label })));
  };
  if (valid === undefined && !options.onlyMeasured) {
    const drawn = splitByPct(train, classes, unsupported, options);
    return { ...drawn, splits: { ...drawn.splits, test: items(test, options.validLimitPerClass) } };
  }
  const splits = {
    train: items(train, options.limitPerClass),
    valid: items(valid, options.validLimitPerClass),
    test: items(test, options.validLimitPerClass),
  };
  if (valid !== undefined && splits.valid.length === 0) throw new UserError(`${valid.folder} holds no pictures`);
  const notices =
    valid !== undefined && !options.onlyMeasured && isTestName(valid.name) ? [testForValidation(valid.name)] : [];
  return { task: 'single-label', classes, splits, unsupported, notices };
}

/** The folders that hold the splits, each with a folder for each class; no `train` if there are only folders of classes. */
export interface SplitFolders {
  /** The folder of all splits, or of the classes. */
  readonly root: string;
  readonly folders: Partial<Readonly<Record<SplitName, string>>>;
}

/**
 * Finds the splits in a folder, through single folders around it all.
 *
 * Throws a UserError if the validation or test folder that is asked for is not there.
 */
export async function findSplits(
  path: string,
  names: Pick<LayoutOptions, 'train' | 'valid' | 'test'>,
): Promise<SplitFolders> {
  const root = await unwrap(path, names.train);
  const { folders } = await list(root);
  const validName = await findValid(root, folders, names);
  const has = async (name: string) => folders.includes(name) && (await isSplitFolder(join(root, name)));
  const trainNames = names.train === TRAIN_NAMES[0] ? TRAIN_NAMES : [names.train];
  const trainName = await firstOf(trainNames, has);
  if (names.test !== undefined && (names.test === validName || trainName === undefined || !(await has(names.test)))) {
    throw new UserError(
      `${root} has no folder "${names.test}" of classes for a test set beside those for training and validation; it has ${quoted(folders)}`,
    );
  }
  if (trainName === undefined) return { root, folders: {} };
  const train = join(root, trainName);
  const asked = names.test === undefined ? {} : { test: join(root, names.test) };
  if (validName === undefined) return { root, folders: { train, ...asked } };
  const valid = join(root, validName);
  if (names.test !== undefined) return { root, folders: { train, valid, ...asked } };
  const testName = await firstOf(['test', 'testing'], async (name) => name !== validName && has(name));
  const test = testName === undefined || splitOfWord(validName) === 'test' ? {} : { test: join(root, testName) };
  return { root, folders: { train, valid, ...test } };
}

async function firstOf(
  names: readonly string[],
  holds: (name: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const name of names) if (await holds(name)) return name;
  return undefined;
}

/** Goes into folders that hold nothing but one other folder with folders in it. */
async function unwrap(path: string, trainName: string): Promise<string> {
  const { folders, pictures } = await list(path);
  const [only] = folders;
  if (pictures.length > 0 || folders.length !== 1 || only === undefined || only === trainName) return path;
  const inner = join(path, only);
  return (await isSplitFolder(inner)) ? unwrap(inner, trainName) : path;
}

async function findValid(
  root: string,
  folders: readonly string[],
  { valid: wanted, test }: Pick<LayoutOptions, 'valid' | 'test'>,
): Promise<string | undefined> {
  if (wanted !== undefined) {
    if (!folders.includes(wanted)) {
      throw new UserError(`${root} has no folder "${wanted}" for validation; it has ${quoted(folders)}`);
    }
    return wanted;
  }
  // A test folder without classes (a competition's, say) is nothing to validate on.
  return firstOf(
    VALID_NAMES,
    async (name) => name !== test && folders.includes(name) && isSplitFolder(join(root, name)),
  );
}

async function isSplitFolder(folder: string): Promise<boolean> {
  return (await list(folder)).folders.length > 0;
}

async function readClasses(folder: string, unsupported: Skipped[], links: Set<string>): Promise<ClassFiles> {
  const classes = new Map<string, readonly string[]>();
  for (const name of (await list(folder)).folders) {
    const found = await findPictures(join(folder, name));
    classes.set(name, found.pictures);
    unsupported.push(...found.unsupported);
    for (const link of found.links) links.add(link);
  }
  return classes;
}

/**
 * The names of the classes that have pictures, in code-point order, or those that are wanted in theirs; a UserError unless there are two
 * or more, or one that will do.
 */
function classesOf(
  { folder, files }: ClassFolder,
  wanted: readonly string[] | undefined,
  oneWillDo: boolean,
): readonly string[] {
  const there = [...files.keys()].filter((name) => (files.get(name)?.length ?? 0) > 0);
  if (there.length === 0) {
    throw new UserError(
      `${folder} holds no pictures in class folders; expected one folder for each class, e.g. ${join(folder, 'cat', '1.jpg')}`,
    );
  }
  const missing = wanted?.filter((name) => !there.includes(name)) ?? [];
  if (missing.length > 0) {
    throw new UserError(`${folder} has no pictures of ${quoted(missing)}; its classes are ${quoted(there)}`);
  }
  const classes = wanted ?? there;
  if (new Set(classes).size < classes.length) throw new UserError(`the classes name one twice: ${quoted(classes)}`);
  if (classes.length === 0 || (classes.length === 1 && !oneWillDo)) {
    throw new UserError(`${folder} holds one class only (${quoted(classes)}); a classifier needs at least two`);
  }
  return classes;
}

/** Draws `validPct` of each class for validation, at least one picture of each staying for training. */
function splitByPct(
  { folder, files }: ClassFolder,
  classes: readonly string[],
  unsupported: readonly Skipped[],
  options: Omit<LayoutOptions, 'train' | 'valid'>,
): LabelledFiles {
  const train: Item[] = [];
  const valid: Item[] = [];
  classes.forEach((name, label) => {
    const all = files.get(name) ?? [];
    const count = Math.min(Math.round(all.length * options.validPct), all.length - 1);
    const order = new Rng(options.seed, Stream.split, label).shuffle(all.map((_, i) => i));
    const drawn = new Set(order.slice(0, count));
    const kept = (wanted: boolean, limit: number | undefined): Item[] =>
      all
        .filter((_, i) => drawn.has(i) === wanted)
        .slice(0, limit)
        .map((file) => ({ file, label }));
    train.push(...kept(false, options.limitPerClass));
    valid.push(...kept(true, options.validLimitPerClass));
  });
  if (valid.length === 0) {
    throw new UserError(
      `${folder} has too few pictures (${train.length}) to draw ${options.validPct * 100} % of each class for validation; add pictures or raise validPct`,
    );
  }
  return { task: 'single-label', classes, splits: { train, valid, test: [] }, unsupported, drawn: true };
}
