import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { UserError } from '../../core/errors.js';
import type { SplitName } from '../batch.js';
import { splitOfFolder, splitOfPath } from '../split-names.js';
import { decodePicture } from './decode.js';
import { ImageDataBunch } from './image-data-bunch.js';
import type { FolderOptions } from './options.js';

const root = await mkdtemp(join(tmpdir(), 'onecycle-imagefolder-'));
after(() => rm(root, { recursive: true }));
const cacheFolder = join(root, 'cache');

/** A picture whose red value tells which it is. */
function png(red: number): Promise<Buffer> {
  return sharp({ create: { width: 4, height: 4, channels: 3, background: { r: red, g: 0, b: 0 } } })
    .png()
    .toBuffer();
}
const PICTURES = await Promise.all(Array.from({ length: 12 }, (_, i) => png(i)));
const picture = (i: number): Buffer => PICTURES[i % 12] ?? Buffer.alloc(0);

let count = 0;
async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const path = join(root, `set${count++}`);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

/** The red values of a split's pictures with the names of their classes, in order. */
async function contents(bunch: ImageDataBunch, split: SplitName): Promise<string[]> {
  const labels = bunch.labels(split);
  const found = await Promise.all(
    Array.from(labels, async (label, i) => {
      const { pixels } = await decodePicture(bunch.file(split, i), 4);
      return `${String(pixels[0]).padStart(2, '0')} ${bunch.classes[label]}`;
    }),
  );
  return found.sort();
}

async function withBunch(
  promise: Promise<ImageDataBunch>,
  use: (bunch: ImageDataBunch) => Promise<void>,
): Promise<void> {
  const bunch = await promise;
  try {
    await use(bunch);
  } finally {
    await bunch.close();
  }
}

const OPTIONS: FolderOptions = { size: 4, cacheFolder, diskCacheBytes: 0, workers: 0 };

async function refused(promise: Promise<ImageDataBunch>, ...patterns: readonly RegExp[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const rowsOf = (first: number, last: number): object[] =>
  Array.from({ length: last - first }, (_, i) => ({
    file_name: `${first + i}.png`,
    label: i % 2 === 0 ? 'even' : 'odd',
  }));
const filesOf = (prefix: string, first: number, last: number): Record<string, Buffer> =>
  Object.fromEntries(Array.from({ length: last - first }, (_, i) => [`${prefix}${first + i}.png`, picture(first + i)]));

test('splits are told by paths, as Hugging Face tells them', () => {
  for (const [path, split] of [
    ['data/train-00000-of-00002.parquet', 'train'],
    ['validation/0000.parquet', 'valid'],
    ['data/dev.parquet', 'valid'],
    ['my_test_file.parquet', 'test'],
    ['TRAIN/eval-1.parquet', 'train'],
    ['train1.parquet', 'train'],
    ['strain.parquet', undefined],
    ['0000.parquet', undefined],
  ] as const) {
    assert.equal(splitOfPath(path), split, path);
  }
  // A class may have such a name.
  assert.equal(splitOfFolder('test/vehicles/train'), 'test');
  assert.equal(splitOfFolder('images/train station'), undefined);
});

describe('imagefolder', () => {
  test('metadata.jsonl in the folder of each split; fromFolder sees it, too', async () => {
    const path = await folder({
      'train/metadata.jsonl': lines(rowsOf(0, 6)),
      'validation/metadata.jsonl': lines(rowsOf(6, 9)),
      'test/metadata.jsonl': lines(rowsOf(9, 11)),
      ...filesOf('train/', 0, 6),
      ...filesOf('validation/', 6, 9),
      ...filesOf('test/', 9, 11),
      'README.md': 'words',
    });
    for (const open of [ImageDataBunch.fromImagefolder, ImageDataBunch.fromFolder]) {
      await withBunch(open(path, OPTIONS), async (bunch) => {
        assert.deepEqual(bunch.classes, ['even', 'odd']);
        assert.deepEqual(await contents(bunch, 'valid'), ['06 even', '07 odd', '08 even']);
        assert.deepEqual(await contents(bunch, 'test'), ['09 even', '10 odd']);
        assert.equal(bunch.length('train'), 6);
      });
    }
    await withBunch(ImageDataBunch.fromFolder(path, { ...OPTIONS, valid: 'test', limitPerClass: 1 }), async (bunch) => {
      assert.deepEqual(await contents(bunch, 'train'), ['00 even', '01 odd']);
      assert.deepEqual(await contents(bunch, 'valid'), ['09 even', '10 odd']);
      assert.equal(bunch.length('test'), 0);
    });
    await refused(
      ImageDataBunch.fromFolder(path, { ...OPTIONS, valid: 'holdout' }),
      /no split "holdout"; it has train, valid, test/,
    );
  });

  test('metadata.csv at the top, with a column of splits or none', async () => {
    const csv =
      'file_name,text,label\n"images/0.png","a, b",cat\nimages/1.png,x,dog\nimages/2.png,,cat\nimages/3.png,y,dog\n';
    const path = await folder({ 'metadata.csv': csv, ...filesOf('images/', 0, 4) });
    await withBunch(ImageDataBunch.fromFolder(path, { ...OPTIONS, validPct: 0.5 }), async (bunch) => {
      const all = [...(await contents(bunch, 'train')), ...(await contents(bunch, 'valid'))];
      assert.deepEqual(all.sort(), ['00 cat', '01 dog', '02 cat', '03 dog']);
      assert.equal(bunch.length('valid'), 2);
    });
    const split = 'file_name,label,split\n0.png,1,train\n1.png,2,train\n2.png,2,val\n3.png,1,test\n';
    const other = await folder({ 'metadata.csv': split, ...filesOf('', 0, 4) });
    await withBunch(ImageDataBunch.fromFolder(other, OPTIONS), async (bunch) => {
      assert.deepEqual(await contents(bunch, 'train'), ['00 1', '01 2']);
      assert.deepEqual(await contents(bunch, 'valid'), ['02 2']);
      assert.deepEqual(await contents(bunch, 'test'), ['03 1']);
    });
  });

  test('the column of labels: a usual name, the only one, or the one asked for', async () => {
    const rows = rowsOf(0, 4).map((row, i) => ({
      ...row,
      label: undefined,
      kind: i % 2,
      shade: i < 2 ? 'dark' : 'light',
    }));
    const path = await folder({ 'metadata.jsonl': lines(rows), ...filesOf('', 0, 4) });
    await refused(ImageDataBunch.fromFolder(path, OPTIONS), /has "kind", "shade" beside the pictures; name the one/);
    await refused(
      ImageDataBunch.fromFolder(path, { ...OPTIONS, labelColumn: 'x' }),
      /no column "x" of labels; it has "kind"/,
    );
    await withBunch(
      ImageDataBunch.fromFolder(path, { ...OPTIONS, labelColumn: 'shade', validPct: 0.5 }),
      async (bunch) => {
        assert.deepEqual(bunch.classes, ['dark', 'light']);
      },
    );
    const only = await folder({
      'metadata.jsonl': lines(rowsOf(0, 4).map((row, i) => ({ ...row, label: undefined, kind: i % 2 }))),
      ...filesOf('', 0, 4),
    });
    await withBunch(ImageDataBunch.fromFolder(only, { ...OPTIONS, validPct: 0.5 }), async (bunch) => {
      assert.deepEqual(bunch.classes, ['0', '1']);
    });
  });

  test('rows without a label and pictures that are missing are left out and named', async () => {
    const rows = [...rowsOf(0, 6), { file_name: '6.png', label: null }, { file_name: 'gone.png', label: 'odd' }];
    const path = await folder({ 'metadata.jsonl': lines(rows), ...filesOf('', 0, 7) });
    await withBunch(ImageDataBunch.fromFolder(path, OPTIONS), async (bunch) => {
      assert.deepEqual(bunch.skipped.map(({ file }) => basename(file)).sort(), ['6.png', 'gone.png']);
    });
    await refused(
      ImageDataBunch.fromFolder(path, { ...OPTIONS, corrupt: 'error' }),
      /6\.png cannot be used: it has no label/,
    );
  });

  test('what is no good is told with its row', async () => {
    for (const [text, pattern] of [
      ['{"file_name": "0.png"', /metadata\.jsonl, line 1 is no JSON/],
      ['[1]', /line 1 is not an object/],
      ['{"file_name": "../0.png", "label": 1}', /row 1: "\.\.\/0\.png" is not below/],
      ['{"file_name": "/etc/0.png", "label": 1}', /is not below/],
      ['{"file_name": 5, "label": 1}', /row 1 has no file_name/],
      ['{"file_name": "0.png", "label": ["a", "b"]}', /row 1 has \["a","b"\] as its label/],
      ['{"file_name": "0.png", "label": 1, "split": "left"}', /"left" is no split/],
      ['{"file_name": "0.png", "label": 1}', /one class only/],
    ] as const) {
      const path = await folder({ 'metadata.jsonl': `${text}\n`, ...filesOf('', 0, 1) });
      await refused(ImageDataBunch.fromFolder(path, OPTIONS), pattern);
    }
    const none = await folder(filesOf('a/', 0, 2));
    await refused(ImageDataBunch.fromImagefolder(none, OPTIONS), /has no metadata\.jsonl or metadata\.csv/);
    await refused(ImageDataBunch.fromImagefolder(join(root, 'nowhere'), OPTIONS), /There is no folder/);
  });

  test('a metadata.csv of something else does not hide class folders', async () => {
    const path = await folder({ 'metadata.csv': 'id,camera\n1,x\n', ...filesOf('a/', 0, 2), ...filesOf('b/', 2, 4) });
    await withBunch(ImageDataBunch.fromFolder(path, { ...OPTIONS, validPct: 0.5 }), async (bunch) => {
      assert.deepEqual(bunch.classes, ['a', 'b']);
    });
    await refused(ImageDataBunch.fromImagefolder(path, OPTIONS), /no column "file_name"; it has "id", "camera"/);
  });
});

const STRUCT: SchemaElement[] = [
  { name: 'root', num_children: 2 },
  { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' },
  { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
];

function hubInfo(features: object): { key: string; value: string }[] {
  return [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }];
}
const FEATURES = { image: { _type: 'Image' }, label: { _type: 'ClassLabel', names: ['even', 'odd/uneven'] } };

/** As Hugging Face's `datasets` writes it. */
function hubParquet(first: number, last: number, labels?: readonly bigint[]): Uint8Array {
  const numbers = Array.from({ length: last - first }, (_, i) => first + i);
  return new Uint8Array(
    parquetWriteBuffer({
      schema: STRUCT,
      columnData: [
        { name: 'image', data: numbers.map((i) => ({ bytes: new Uint8Array(picture(i)), path: `${i}.png` })) },
        { name: 'label', data: labels ? [...labels] : numbers.map((i) => BigInt(i % 2)) },
      ],
      kvMetadata: hubInfo(FEATURES),
      rowGroupSize: 2,
    }),
  );
}

function plainParquet(columnData: ColumnSource[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData,
      codec: 'GZIP',
      compressors: { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)) },
    }),
  );
}
const bytesColumn = (name: string, n = 4): ColumnSource => ({
  name,
  type: 'BYTE_ARRAY',
  data: Array.from({ length: n }, (_, i) => new Uint8Array(picture(i))),
});

describe('Parquet', () => {
  test('as Hugging Face writes it: splits by name, classes by number, groups of rows; taken out once', async () => {
    const path = await folder({
      'data/train-00000-of-00002.parquet': hubParquet(0, 3),
      'data/train-00001-of-00002.parquet': hubParquet(3, 5),
      'data/test-00000-of-00001.parquet': hubParquet(5, 7),
      'README.md': 'words',
    });
    const stages: string[] = [];
    const options: FolderOptions = { ...OPTIONS, onProgress: ({ stage }) => stages.push(stage) };
    const train = ['00 even', '01 odd/uneven', '02 even', '03 odd/uneven', '04 even'];
    for (const unpacks of [true, false]) {
      stages.length = 0;
      await withBunch(ImageDataBunch.fromFolder(path, options), async (bunch) => {
        assert.deepEqual(await contents(bunch, 'train'), train);
        assert.deepEqual(await contents(bunch, 'valid'), ['05 odd/uneven', '06 even']);
        assert.equal(bunch.skipped.length, 0);
      });
      assert.equal(stages.includes('unpack'), unpacks);
    }
    const first = join(path, 'data', 'train-00000-of-00002.parquet');
    await withBunch(ImageDataBunch.fromParquet(first, { ...OPTIONS, validPct: 0.34 }), async (bunch) => {
      assert.equal(bunch.length('train') + bunch.length('valid'), 3);
    });
    await writeFile(first, hubParquet(7, 11));
    await withBunch(ImageDataBunch.fromFolder(path, OPTIONS), async (bunch) => {
      assert.equal(bunch.length('train'), 6);
    });
  });

  test('files in folders of splits, named one by one', async () => {
    const path = await folder({ 'train/0.parquet': hubParquet(0, 3), 'validation/0.parquet': hubParquet(3, 5) });
    const files = ['train', 'validation'].map((split) => join(path, split, '0.parquet'));
    await withBunch(ImageDataBunch.fromParquet(files, OPTIONS), async (bunch) => {
      assert.equal(bunch.length('train'), 3);
      assert.deepEqual(await contents(bunch, 'valid'), ['03 odd/uneven', '04 even']);
    });
  });

  test('plain bytes with names or numbers as labels, compressed with gzip', async () => {
    for (const [label, classes] of [
      [{ name: 'label', type: 'STRING', data: ['b', 'a', 'b', 'a'] }, ['a', 'b']],
      [{ name: 'target', type: 'INT32', data: [7, 3, 7, 3] }, ['3', '7']],
      [{ name: 'kind', type: 'BOOLEAN', data: [true, false, true, false] }, ['false', 'true']],
    ] satisfies [ColumnSource, string[]][]) {
      const path = await folder({ 'pictures.parquet': plainParquet([bytesColumn('picture'), label]) });
      await withBunch(
        ImageDataBunch.fromParquet(join(path, 'pictures.parquet'), { ...OPTIONS, validPct: 0.5 }),
        async (bunch) => {
          assert.deepEqual(bunch.classes, classes);
          const all = [...(await contents(bunch, 'train')), ...(await contents(bunch, 'valid'))].sort();
          const [odd, even] = classes;
          assert.deepEqual(all, [`00 ${even}`, `01 ${odd}`, `02 ${even}`, `03 ${odd}`]);
        },
      );
    }
  });

  test('rows without a picture or a class are left out, and said so', async () => {
    const path = await folder({ 'train.parquet': hubParquet(0, 6, [0n, 1n, -1n, 1n, 0n, 1n]) });
    const notices: string[] = [];
    const options = { ...OPTIONS, onNotice: (notice: string) => notices.push(notice) };
    await withBunch(ImageDataBunch.fromFolder(path, options), async (bunch) => {
      assert.equal(bunch.length('train') + bunch.length('valid'), 5);
    });
    assert.match(notices.join(), /train\.parquet: 1 of 6 rows has no picture or no label, and is left out/);
  });

  test('columns that cannot be told, or are not there', async () => {
    const two = plainParquet([
      bytesColumn('left'),
      bytesColumn('right'),
      { name: 'colour', type: 'STRING', data: ['r', 'g', 'r', 'g'] },
      { name: 'shape', type: 'STRING', data: ['x', 'y', 'x', 'y'] },
    ]);
    const path = await folder({ 'two.parquet': two });
    const open = (options: FolderOptions) =>
      ImageDataBunch.fromParquet(join(path, 'two.parquet'), { ...OPTIONS, ...options });
    await refused(open({}), /two\.parquet does not say which column holds pictures; columns that can: "left", "right"/);
    await refused(
      open({ imageColumn: 'up' }),
      /no column "up" of pictures; columns that can hold some: "left", "right"/,
    );
    await refused(open({ imageColumn: 'left' }), /has "colour", "shape" beside the pictures/);
    await refused(open({ imageColumn: 'left', labelColumn: 'right' }), /no column "right" of labels/);
    await withBunch(open({ imageColumn: 'left', labelColumn: 'shape', validPct: 0.5 }), async (bunch) => {
      assert.deepEqual(bunch.classes, ['x', 'y']);
    });
  });

  test('what is damaged leaves nothing', async () => {
    const good = hubParquet(0, 4);
    const flipped = new Uint8Array(good).fill(0xff, 10, 200);
    const outside = hubParquet(0, 2, [0n, 5n]);
    const empty = hubParquet(0, 2, [-1n, -1n]);
    const text = plainParquet([bytesColumn('image', 2), { name: 'label', type: 'STRING', data: ['a', 'b'] }]);
    for (const [bytes, pattern] of [
      [good.subarray(0, good.length - 30), /x\.parquet is damaged or no Parquet file/],
      ['words', /x\.parquet is damaged or no Parquet file/],
      [flipped, /x\.parquet is damaged: /],
      [outside, /x\.parquet: the column "label" holds 5, which is none of its 2 classes/],
      [empty, /has no row with a picture and a label/],
      [text, /too few pictures/],
    ] as const) {
      const path = await folder({ 'x.parquet': bytes });
      await refused(ImageDataBunch.fromParquet(join(path, 'x.parquet'), OPTIONS), pattern);
    }
    await refused(ImageDataBunch.fromParquet([], OPTIONS), /no Parquet files are named/);
    await refused(ImageDataBunch.fromParquet(join(root, 'none.parquet'), OPTIONS), /There is no file .*none\.parquet/);
    const many = await folder({ 'x.parquet': hubParquet(0, 8) });
    await refused(
      ImageDataBunch.fromParquet(join(many, 'x.parquet'), { ...OPTIONS, maxUnpackedBytes: 3000 }),
      /unpacks to more than 3000 bytes/,
    );
    assert.match(await readFile(join(many, 'x.parquet'), 'latin1'), /^PAR1/);
  });
});
