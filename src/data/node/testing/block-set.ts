import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after } from 'node:test';
import type { DataBunch, SplitName } from '../../batch.js';
import type { ImageDataBunch } from '../image-data-bunch.js';
import { ImageList } from '../image-list.js';
import { writeFiles } from './picture-files.js';

/** A folder of its own for each file of tests that imports this. */
export const root = await mkdtemp(join(tmpdir(), 'onecycle-block-'));
after(() => rm(root, { recursive: true }));

export const options = { size: 16, bs: 4, cacheFolder: join(root, 'cache'), prepare: false } as const;

/** Five pictures of each class in train, two in valid, one in test. */
export const folders = await writeFiles(
  join(root, 'folders'),
  Object.fromEntries(
    ['cat', 'dog'].flatMap((c, k) =>
      [
        ['train', 5],
        ['valid', 2],
        ['test', 1],
      ].flatMap(([split, n]) =>
        Array.from({ length: Number(n) }, (_, i) => [`${split}/${c}/${c}_${i}.jpg`, 10 * k + i]),
      ),
    ),
  ),
);

/** Twelve pictures of four patients, with a table. */
export const RECORDS = Array.from({ length: 12 }, (_, i) => ({
  name: `p${i % 4}_${String(i).padStart(2, '0')}`,
  kind: ['sick', 'well', 'well'][i % 3] ?? '',
  tags: ['red;round', 'red', ''][i % 3] ?? '',
  age: i + 0.5,
  size: 2 * i,
  red: i % 2,
  round: i % 3 === 0 ? 'true' : 'false',
  valid: i >= 9,
}));
export const table = await writeFiles(
  join(root, 'table'),
  Object.fromEntries(RECORDS.map(({ name }, i) => [`images/${name}.jpg`, 50 + i])),
);
const HEADER = Object.keys(RECORDS[0] ?? {});
const csvOf = (delimiter: string) =>
  [HEADER, ...RECORDS.map((record) => Object.values(record).map((cell) => `"${cell}"`))]
    .map((cells) => `${cells.join(delimiter)}\r\n`)
    .join('');
await writeFile(join(table, 'labels.csv'), `\uFEFF${csvOf(',')}`);
await writeFile(join(table, 'semicolons.csv'), csvOf(';'));
export const names = RECORDS.map(({ name }) => `images/${name}.jpg`);
export const kinds = RECORDS.map(({ kind }) => kind);
export const inTable = { folder: 'images', suffix: '.jpg' } as const;

/** A split's pictures with their labels, as text: `name class`, `name class+class`, `name 1.5,2`. */
export function shown(data: DataBunch, path: string, split: SplitName): string[] {
  const labels = data.labels(split);
  const targets = data.targets(split);
  const width = data.classes.length;
  return Array.from({ length: data.length(split) }, (_, i) => {
    const file = relative(path, data.file(split, i)).replaceAll('\\', '/');
    const row = [...targets.subarray(i * width, (i + 1) * width)];
    const label = {
      'single-label': () => data.classes[labels[i] ?? -1] ?? '?',
      'multi-label': () => data.classes.filter((_, c) => row[c] === 1).join('+'),
      regression: () => row.join(),
    }[data.task]();
    return `${file} ${label}`;
  });
}

export async function withData(
  made: Promise<ImageDataBunch>,
  use: (data: ImageDataBunch) => void | Promise<void>,
): Promise<void> {
  const data = await made;
  try {
    await use(data);
  } finally {
    await data.close();
  }
}

export const fromRoot = () => ImageList.fromFolder(folders);
export const fromTrain = () => ImageList.fromFolder(join(folders, 'train'));
export const fromTable = () => ImageList.fromCsv(table, 'labels.csv', inTable);
