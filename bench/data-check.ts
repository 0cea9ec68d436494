import { copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DataReport, FindingKind } from '#onecycle/audit/index.js';
import { falseAlarms, missed, type Planted, plant } from '#onecycle/audit/testing/plant.js';
import { checkData, ImageDataBunch, Rng } from '#onecycle/index.js';
import { table } from './table.js';

export interface DataCheckOptions {
  /** Pictures with folders for training and validation, as `onecycle train` takes them. */
  readonly data: string;
  readonly seeds: number;
}

/** What CIFAR-5k has of each class. */
const TRAIN = 500;
const VALID = 100;
/** Rounds of defects that make fifty. */
const ROUNDS = 2;
const KINDS: readonly FindingKind[] = [
  'unreadable',
  'corrupt',
  'wrong-extension',
  'empty-class',
  'duplicate',
  'near-duplicate',
];

/**
 * Prints how many of fifty planted defects `data check` finds, and what else it tells, in copies of a set of 500 and 100 pictures a class;
 * what it tells of the untouched copy is no false alarm of a planted one, and is printed first.
 */
export async function benchDataCheck({ data, seeds }: DataCheckOptions): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'onecycle-data-check-'));
  try {
    const clean = join(home, 'clean');
    const [train, valid] = await copySet(data, clean);
    const start = performance.now();
    const before = await checkData(clean);
    const seconds = (performance.now() - start) / 1000;
    const rows = [row('untouched', before, [], undefined)];
    for (let seed = 0; seed < seeds; seed++) {
      const folder = join(home, 'planted');
      await cp(clean, folder, { recursive: true });
      const drawn = [train, valid].map((files, split) => new Rng(seed, split).shuffle([...files]));
      const planted = await plant(folder, drawn[0] ?? [], drawn[1] ?? [], ROUNDS);
      const report = await checkData(folder);
      rows.push(row(`seed ${seed}`, report, planted, before));
      for (const defect of missed(report, planted)) console.log(`seed ${seed} missed: ${defect}`);
      await rm(folder, { recursive: true });
    }
    console.log(
      `\n${before.pictures} pictures, checked in ${seconds.toFixed(1)} s; found of planted, other files told`,
    );
    console.log(table(['', ...KINDS], rows));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function row(name: string, report: DataReport, planted: readonly Planted[], before: DataReport | undefined): string[] {
  const genuine = new Set(before === undefined ? [] : falseAlarms(before, [], ...KINDS));
  return [
    name,
    ...KINDS.map((kind) => {
      const own = planted.filter((defect) => defect.kind === kind);
      const others = falseAlarms(report, planted, kind).filter((alarm) => !genuine.has(alarm));
      return `${own.length - missed(report, own).length}/${own.length}, ${others.length}`;
    }),
  ];
}

/** Copies the first pictures of each class; gives their paths below the folder, by split. */
async function copySet(data: string, to: string): Promise<[train: string[], valid: string[]]> {
  const limits = { limitPerClass: TRAIN, validLimitPerClass: VALID };
  const bunch = await ImageDataBunch.fromFolder(data, { ...limits, size: 32, prepare: false });
  try {
    const copied = (['train', 'valid'] as const).map(async (split) => {
      const labels = bunch.labels(split);
      const names: string[] = [];
      for (const [i, label] of labels.entries()) {
        const file = bunch.file(split, i);
        const name = `${split}/${bunch.classes[label]}/${basename(file)}`;
        await mkdir(join(to, split, bunch.classes[label] ?? ''), { recursive: true });
        await copyFile(file, join(to, name));
        names.push(name);
      }
      return names;
    });
    const [train = [], valid = []] = await Promise.all(copied);
    return [train, valid];
  } finally {
    await bunch.close();
  }
}
