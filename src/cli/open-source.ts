import { archiveKind } from '../data/archive-name.js';
import {
  type BunchOptions,
  type Column,
  ImageDataBunch,
  ImageList,
  type ItemLists,
  type LabelLists,
  type Limits,
  unpackArchive,
} from '../data/index.js';
import { type SourceOptions, usesBlock } from './source.js';

/** Reads, labels and splits the pictures as the options say. */
export async function openSource(o: SourceOptions, bunch: BunchOptions & Limits): Promise<ImageDataBunch> {
  const { balance } = o;
  if (!usesBlock(o)) {
    const { valid, test, validPct, labelCol: labelColumn, imageCol: imageColumn } = o;
    return ImageDataBunch.fromFolder(o.data, { ...bunch, balance, valid, test, validPct, labelColumn, imageColumn });
  }
  const lists = labelled(o, split(o, await listed(o, bunch)));
  const test = testApart(o);
  return (test === undefined ? lists : lists.addTestFolder(test, { labelled: true })).databunch({ ...bunch, balance });
}

/** The folder of a test set beside pictures that are drawn from; a split by folders has it already. */
function testApart({ test, valid }: SourceOptions): string | undefined {
  return valid === undefined ? test : undefined;
}

async function listed(o: SourceOptions, { onProgress }: BunchOptions): Promise<ImageList> {
  if (o.csv === undefined) {
    const list = ImageList.fromFolder(o.data, { onProgress });
    const test = testApart(o);
    return test === undefined ? list : list.filterByFolder({ exclude: [test] });
  }
  const folder =
    archiveKind(o.data) === undefined
      ? o.data
      : await unpackArchive(o.data, onProgress === undefined ? {} : { onProgress });
  return ImageList.fromCsv(folder, o.csv, { fnCol: columnOf(o.fnCol ?? '0'), suffix: o.suffix });
}

function split(o: SourceOptions, list: ImageList): ItemLists {
  if (o.validCol !== undefined) return list.splitFromColumn(columnOf(o.validCol));
  if (o.valid !== undefined) return list.splitByFolder({ valid: o.valid, test: o.test });
  const byColumn = o.groupCol === undefined ? undefined : { column: columnOf(o.groupCol) };
  const group = o.groupRe === undefined ? byColumn : new RegExp(o.groupRe, 'u');
  return list.splitByRandPct(o.validPct, { seed: o.seed, stratify: o.stratify, group });
}

function labelled(o: SourceOptions, lists: ItemLists): LabelLists {
  const { labelDelim, regression } = o;
  if (o.labelRe !== undefined) return lists.labelFromRe(o.labelRe, { labelDelim, regression });
  if (o.csv === undefined) return lists.labelFromFolder();
  const columns = (o.labelCol ?? '1').split(',').map((name) => columnOf(name.trim()));
  return lists.labelFromColumn(columns, { labelDelim, regression });
}

function columnOf(text: string): Column {
  return /^\d+$/.test(text) ? Number(text) : text;
}
