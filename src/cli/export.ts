import { extname } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../core/errors.js';
import type { CalibrationBatch, QuantiseChoice } from '../engine/quantise/index.js';
import { closestQuantised, meanDifference } from '../exported/closest-quantised.js';
import { evaluation } from '../exported/evaluation.js';
import type { ExportedModel } from '../exported/exported-model.js';
import { inHalf } from '../exported/half-precision.js';
import { matchClasses } from '../exported/match-classes.js';
import { writeModel } from '../graph/onnx.js';
import type { Model } from '../graph/types.js';
import { columns } from '../report/columns.js';
import { writeFile } from '../runtime/node/files.js';
import { ProcessDevice } from '../runtime/node/process-device.js';
import { calibrationBatches } from '../train/calibration-batches.js';
import type { Estimate } from '../train/intervals/index.js';
import { argMax, defaultMetrics, type Metric, metricByName, type Predictions } from '../train/metrics/index.js';
import { assertMetricsFit } from '../train/scores.js';
import type { ExportOptions } from './export-command.js';
import { loadExported, type NamedModel, namedModel } from './exported.js';
import { UsageError } from './fields.js';
import { intervalText } from './interval-text.js';
import { type LabelledPictures, labelledSource, openLabelled } from './labelled-pictures.js';
import { measure } from './measure.js';
import { ProgressLine } from './progress-line.js';

/** A model in a number format. */
interface FormatResult {
  readonly format: ExportOptions['format'];
  /** Of the file. */
  readonly bytes: number;
  /** What follows is measured where there are pictures. */
  readonly pictures?: number;
  readonly metrics?: Readonly<Record<string, Estimate>>;
  /** Mean absolute difference of the outputs from those in float32. */
  readonly difference?: number;
  /** Share of pictures whose class is the same as in float32; single-label. */
  readonly agreement?: number;
  readonly imagesPerSecond?: number;
}

/** Writes a model in a format, and prints how it compares. */
export async function exportModel(
  model: string,
  data: string | undefined,
  o: ExportOptions,
  command: Command,
): Promise<void> {
  if (extname(o.out).toLowerCase() !== '.onnx') throw new UsageError(`--out must end in .onnx, not ${o.out}`);
  const named = await namedModel(model);
  const metrics = o.metrics?.map(metricByName) ?? defaultMetrics(named.info.task);
  assertMetricsFit(metrics, named.info.task);
  const hasPictures = data !== undefined || named.run !== undefined;
  if (!hasPictures && o.format === 'int8') {
    throw new UsageError('int8 is calibrated on pictures: name some, or the folder of the run');
  }
  const line = new ProgressLine(!o.quiet);
  try {
    const { results, choice } = hasPictures
      ? await withPictures(named, data, o, command, metrics, line)
      : await withoutPictures(named, o);
    line.clear();
    const summary = { model: named.file, out: o.out, format: o.format, ...(choice ?? {}), results };
    process.stdout.write(`${o.json ? JSON.stringify(summary, undefined, 2) : tableOf(results, metrics)}\n`);
  } finally {
    line.clear();
  }
}

interface Outcome {
  readonly results: readonly FormatResult[];
  /** How int8 was quantised. */
  readonly choice?: QuantiseChoice;
}

async function withoutPictures({ model }: NamedModel, o: ExportOptions): Promise<Outcome> {
  const bytes = writeModel(o.format === 'float16' ? inHalf(model) : model);
  await writeFile(o.out, bytes);
  const original = { format: 'float32', bytes: writeModel(model).length } as const;
  return { results: o.format === 'float32' ? [original] : [original, { format: o.format, bytes: bytes.length }] };
}

async function withPictures(
  named: NamedModel,
  data: string | undefined,
  o: ExportOptions,
  command: Command,
  metrics: readonly Metric[],
  line: ProgressLine,
): Promise<Outcome> {
  const pictures = await openLabelled(await labelledSource(data, named.run, command, o), named.info, line);
  try {
    const match = matchClasses(named.info, pictures.data, named.file);
    const batches = await someBatches(pictures, o);
    const { model, choice } = await converted(named, batches, o);
    const bytes = writeModel(model);
    const models = [{ format: 'float32', model: named.model } as const, { format: o.format, model }];
    const results: FormatResult[] = [];
    let original: Predictions | undefined;
    for (const { format, model } of o.format === 'float32' ? models.slice(1) : models) {
      const loaded = await loadExported({ model, file: format === 'float32' ? named.file : o.out });
      try {
        const label = `measuring ${format}`;
        const { plain, targets, files } = await measure(loaded, pictures, { bs: o.bs, tta: false, match, line, label });
        original ??= plain;
        const { task, classes, threshold } = named.info;
        results.push({
          format,
          bytes: format === 'float32' ? writeModel(model).length : bytes.length,
          pictures: files.length,
          metrics: evaluation(plain, targets, { task, classes, files, metrics, threshold, seed: o.seed }).metrics,
          difference: meanDifference(plain.data, original.data),
          ...(task === 'single-label' ? { agreement: agreementOf(plain, original) } : {}),
          imagesPerSecond: Math.round(await speedOf(loaded, batches)),
        });
      } finally {
        await loaded.close();
      }
    }
    await writeFile(o.out, bytes);
    return { results, ...(choice === undefined ? {} : { choice }) };
  } finally {
    await pictures.data.close();
  }
}

/** Pictures to calibrate with: of the training split, as they are without augmentation. */
async function someBatches({ data, splits }: LabelledPictures, o: ExportOptions): Promise<CalibrationBatch[]> {
  const split = data.length('train') > 0 ? 'train' : splits[0];
  if (split === undefined) throw new UserError('there are no pictures to calibrate with');
  const pass = { augmentation: { kind: 'none' }, batchSize: Math.min(o.bs, o.calibrateOn) } as const;
  return calibrationBatches(data, split, o.calibrateOn, pass);
}

async function converted(
  { model, file, info }: NamedModel,
  batches: readonly CalibrationBatch[],
  o: ExportOptions,
): Promise<{ readonly model: Model; readonly choice?: QuantiseChoice }> {
  if (o.format === 'float32') return { model };
  if (o.format === 'float16') return { model: inHalf(model) };
  const calibrations = o.calibration === 'auto' ? (['minmax', 'percentile'] as const) : [o.calibration];
  const kept = o.keepFloat === 'auto' ? (['none', 'ends'] as const) : [o.keepFloat];
  const choices = calibrations.flatMap((calibration) => kept.map((keepFloat) => ({ calibration, keepFloat })));
  return closestQuantised(model, file, choices, batches, info.size, () => new ProcessDevice());
}

function agreementOf(a: Predictions, b: Predictions): number {
  const other = argMax(b);
  return argMax(a).reduce((sum, c, i) => sum + (c === other[i] ? 1 : 0), 0) / Math.max(1, a.n);
}

/** Pictures a second of the model alone, the best of a few passes over some batches. */
async function speedOf(model: ExportedModel, batches: readonly CalibrationBatch[]): Promise<number> {
  const some = batches.slice(0, 4);
  const count = some.reduce((sum, { n }) => sum + n, 0);
  let best = 0;
  for (let pass = 0; pass < 4; pass++) {
    const start = performance.now();
    for (const { images, n } of some) await model.outputs(images, n);
    best = Math.max(best, (1000 * count) / (performance.now() - start));
  }
  return best;
}

function tableOf(results: readonly FormatResult[], metrics: readonly Metric[]): string {
  const shares = new Set(metrics.filter(({ isShare }) => isShare === true).map(({ name }) => name));
  const names = metrics.map(({ name }) => name);
  const measured = results.some((result) => result.metrics !== undefined);
  const head = ['format', 'size', ...(measured ? ['images/s', ...names, 'same class'] : [])];
  return columns([
    head,
    ...results.map(({ format, bytes, metrics, agreement, imagesPerSecond }) => [
      format,
      `${(bytes / 1e6).toFixed(2)} MB`,
      ...(metrics === undefined
        ? []
        : [
            String(imagesPerSecond),
            ...names.map((name) => {
              const estimate = metrics[name];
              return estimate === undefined ? '' : intervalText(estimate, shares.has(name));
            }),
            agreement === undefined ? '' : `${(100 * agreement).toFixed(1)} %`,
          ]),
    ]),
  ]).join('\n');
}
