import { labelOf, planesUri, thumbnailUri } from '../audit/index.js';
import type { ImageDataBunch } from '../data/index.js';
import { type MeasuredSplit, mainSplit, type ReportPictures, WORST_SHOWN } from '../report/page/run-report.js';
import { type WorstPicture, worstOf } from '../report/page/worst.js';

/** Training pictures that are shown as they are, and at most of a class. */
const SAMPLES = 24;
const SAMPLES_OF_CLASS = 4;
/** Pictures that are shown altered, and in how many passes. */
const AUGMENTED = 4;
const PASSES = 6;

/** A picture of a split with what speaks for a class coloured: a data URI. */
export type HeatPicture = (file: string, label: string) => Promise<string | undefined>;

/**
 * Makes the pictures that a report shows; those that cannot be decoded any more are left out.
 *
 * @param heat default: no heat maps
 */
export async function reportPictures(
  data: ImageDataBunch,
  measured: readonly MeasuredSplit[],
  heat: HeatPicture | undefined,
): Promise<ReportPictures> {
  const main = mainSplit({ measured });
  return {
    samples: await samples(data),
    augmented: await augmented(data),
    worst: main === undefined ? [] : await worst(data, main, heat),
  };
}

async function samples(data: ImageDataBunch): Promise<ReportPictures['samples']> {
  const shown: ReportPictures['samples'] = [];
  for (const { index, label } of samplePlaces(data)) {
    const file = data.file('train', index);
    const uri = await thumbnailUri(file);
    if (uri !== undefined) shown.push({ label, file, uri });
  }
  return shown;
}

/** The first pictures of each class; where pictures have no single class, some from everywhere. */
function samplePlaces(data: ImageDataBunch): { index: number; label: string }[] {
  const n = data.length('train');
  const { classes } = data;
  const label = (index: number) =>
    labelOf(data, { labels: data.labels('train'), targets: data.targets('train') }, index);
  if (data.task !== 'single-label') {
    const count = Math.min(SAMPLES / 2, n);
    return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count)).map((index) => ({
      index,
      label: label(index),
    }));
  }
  const each = Math.max(1, Math.min(SAMPLES_OF_CLASS, Math.floor(SAMPLES / classes.length)));
  const found = classes.slice(0, SAMPLES).map((): number[] => []);
  data.labels('train').forEach((c, index) => {
    const own = found[c];
    if (own !== undefined && own.length < each) own.push(index);
  });
  return found.flatMap((indices, c) => indices.map((index) => ({ index, label: classes[c] ?? '' })));
}

async function augmented(data: ImageDataBunch): Promise<ReportPictures['augmented']> {
  const n = data.length('train');
  const count = Math.min(AUGMENTED, n);
  const shown: ReportPictures['augmented'] = [];
  for (let i = 0; i < count; i++) {
    const index = Math.floor((i * n) / count);
    const uris: string[] = [];
    let label = '';
    for (let epoch = 0; epoch < PASSES; epoch++) {
      const only = { shuffle: false, dropLast: false, batchSize: 1, startBatch: index, epoch };
      for await (const batch of data.batches('train', { ...only, augmentation: { kind: 'train' } })) {
        uris.push(await planesUri(batch.images, data.size));
        label = labelOf(data, batch, 0);
        break;
      }
    }
    shown.push({ label, file: data.file('train', index), uris });
  }
  return shown;
}

async function worst(
  data: ImageDataBunch,
  main: MeasuredSplit,
  heat: HeatPicture | undefined,
): Promise<ReportPictures['worst']> {
  const shown: ReportPictures['worst'] = [];
  for (const one of worstOf(main, WORST_SHOWN)) {
    const file = data.file(main.split, one.index);
    const uri = await thumbnailUri(file);
    if (uri === undefined) continue;
    const coloured = heat === undefined ? undefined : await heat(file, explained(one));
    shown.push({
      split: main.split,
      index: one.index,
      uri,
      ...(coloured === undefined ? {} : { heat: coloured }),
    });
  }
  return shown;
}

function explained(one: WorstPicture): string {
  return one.kind === 'class' ? one.looksFor : '';
}
