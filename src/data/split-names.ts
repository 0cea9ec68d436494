import type { SplitName } from './batch.js';

/** Words that name a split in paths of files and folders, as Hugging Face's `datasets` takes them. */
const WORDS: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training'],
  valid: ['valid', 'validation', 'val', 'dev'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};

const SPLITS: readonly SplitName[] = ['train', 'valid', 'test'];

/** The split that a word names, whatever its case. */
export function splitOfWord(word: string): SplitName | undefined {
  return SPLITS.find((split) => WORDS[split].includes(word.toLowerCase()));
}

/** The split whose folder is part of a path, the outermost first: classes may be called so, too. */
export function splitOfFolder(path: string): SplitName | undefined {
  return path.split(/[\\/]/).flatMap((part) => splitOfWord(part) ?? [])[0];
}

/**
 * The split that a path of a file of data names: `data/train-00000-of-00002.parquet`, `validation/0000.parquet`. The outermost part of the path
 * that names one counts.
 */
export function splitOfPath(path: string): SplitName | undefined {
  for (const part of path.split(/[\\/]/)) {
    for (const word of part.split(/[^a-zA-Z0-9]+|(?<=[a-z])(?=\d)/)) {
      const split = splitOfWord(word);
      if (split !== undefined) return split;
    }
  }
  return undefined;
}
