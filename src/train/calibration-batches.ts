import type { DataBunch, PassOptions, SplitName } from '../data/batch.js';
import { take } from '../data/prefetch.js';
import type { CalibrationBatch } from '../engine/engine.js';

/** Pictures of a split to calibrate int8 with, drawn at random: `wanted` of them, rounded up to whole batches, or all there are. */
export async function calibrationBatches(
  data: Pick<DataBunch, 'batches'>,
  split: SplitName,
  wanted: number,
  pass: PassOptions & { readonly batchSize: number },
): Promise<CalibrationBatch[]> {
  const batches: CalibrationBatch[] = [];
  const all = data.batches(split, { ...pass, shuffle: true, dropLast: false });
  for await (const { images, n } of take(all, Math.ceil(wanted / pass.batchSize))) batches.push({ images, n });
  return batches;
}
