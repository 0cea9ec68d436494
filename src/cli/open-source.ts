import { archiveKind } from '../data/archive-name.js';
import {
  type BunchOptions,
  type Column,
  ImageDataBunch,
  ImageList,
  type ItemLists,
  type LabelLists,
  type LabelledSet,
  type Limits,
  type OnProgress,
  unpackArchive,
} from '../data/index.js';
import { type SourceOptions, usesBlock } from './source.js';

/** Reads, labels and splits the pictures as the options say; those that are only measured on are not split by drawing. */
export async function openSource(o: SourceOptions, bunch: BunchOptions & Limits): Promise<ImageDataBunch> {
  const { balance, cleaned } = o;
  if (!usesBlock(o)) {
    const { valid, test, validPct, labelCol: labelColumn, imageCol: imageColumn } = o;
    return ImageDataBunch.fromFolder(o.data, {
      ...bunch,
      balance,
      cleaned,
      valid,
      test,
      validPct,
      labelColumn,
      imageColumn,
    });
  }
  const { validPct, seed, stratify } = o;
  const byColumn = o.groupCol === undefined ? undefined : { column: columnOf(o.groupCol) };
  const group = o.groupRe === undefined ? byColumn : new RegExp(o.groupRe, 'u');
  const drawn = (list: ImageList) =>
    bunch.onlyMeasured === true ? list.splitNone() : list.splitByRandPct(validPct, { seed, stratify, group });
  return (await labelledLists(o, drawn, bunch)).databunch({ ...bunch, balance, cleaned });
}

/**
 * The labelled files that the options mean, split as a column or folders say, and not otherwise; undefined where nothing is asked for
 * beyond what a folder holds.
 */
export async function readSource(o: SourceOptions, onProgress?: OnProgress): Promise<LabelledSet | undefined> {
  if (!usesBlock(o)) return undefined;
  return (await labelledLists(o, (list) => list.splitNone(), { onProgress })).read();
}

/** @param otherwise splits where neither a column nor folders do */
async function labelledLists(
  o: SourceOptions,
  otherwise: (list: ImageList) => ItemLists,
  bunch: Pick<BunchOptions, 'onProgress'>,
): Promise<LabelLists> {
  const list = await listed(o, bunch);
  const lists = labelled(o, givenSplit(o, list) ?? otherwise(list));
  const test = testApart(o);
  return test === undefined ? lists : lists.addTestFolder(test, { labelled: true });
}

/** The folder of a test set beside pictures that are drawn from; a split by folders has it already. */
function testApart({ test, valid }: SourceOptions): string | undefined {
  return valid === undefined ? test : undefined;
}

async function listed(o: SourceOptions, { onProgress }: Pick<BunchOptions, 'onProgress'>): Promise<ImageList> {
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

function givenSplit({ validCol, valid, test }: SourceOptions, list: ImageList): ItemLists | undefined {
  if (validCol !== undefined) return list.splitFromColumn(columnOf(validCol));
  return valid === undefined ? undefined : list.splitByFolder({ valid, test });
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
