import type { Skipped, SplitName } from '../data/index.js';
import type { ExportedModel } from '../exported/exported-model.js';
import type { MatchTargets } from '../exported/match-classes.js';
import { joined, predictSplit, type SplitPredictions } from '../exported/predict-split.js';
import type { Predictions, Targets } from '../train/metrics/index.js';
import { targetsOf } from '../train/target-rows.js';
import type { LabelledPictures } from './labelled-pictures.js';
import type { ProgressLine } from './progress-line.js';

/** What a model says of pictures, and what is true of them. */
export interface Measurement {
  readonly files: readonly string[];
  readonly splits: readonly SplitName[];
  readonly skipped: readonly Skipped[];
  /** In the order of the model's classes. */
  readonly targets: Targets;
  readonly plain: Predictions;
  readonly tta?: Predictions;
}

export interface MeasureOptions {
  /** Pictures in a batch. */
  readonly bs: number;
  readonly tta: boolean;
  readonly match: MatchTargets;
  readonly line: ProgressLine;
  /** What is measured, for the line. */
  readonly label: string;
}

/** Runs a model over the splits that it is measured on. */
export async function measure(
  model: ExportedModel,
  { data, splits }: LabelledPictures,
  { bs, tta, match, line, label }: MeasureOptions,
): Promise<Measurement> {
  const parts: SplitPredictions[] = [];
  for (const split of splits) {
    const onProgress = (done: number, total: number) => line.show({ label, done, total });
    parts.push(await predictSplit(model, data, split, { bs, tta, onProgress }));
  }
  return {
    files: splits.flatMap((split) => Array.from({ length: data.length(split) }, (_, i) => data.file(split, i))),
    splits,
    skipped: data.skipped,
    targets: concatenated(splits.map((split) => match(targetsOf(data, split)))),
    plain: joined(parts.map(({ plain }) => plain)),
    ...(tta ? { tta: joined(parts.flatMap((part) => part.tta ?? [])) } : {}),
  };
}

function concatenated(parts: readonly Targets[]): Targets {
  const numbers = parts.flatMap((part) => [...part]);
  return parts.every((part) => part instanceof Int32Array) ? Int32Array.from(numbers) : Float32Array.from(numbers);
}
