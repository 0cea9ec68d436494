import type { Command } from 'commander';
import { evaluation } from '../exported/evaluation.js';
import { matchClasses } from '../exported/match-classes.js';
import type { ExportedInfo } from '../exported/metadata.js';
import { defaultMetrics, metricByName } from '../train/metrics/index.js';
import { assertMetricsFit } from '../train/scores.js';
import type { EvaluateOptions } from './evaluate-command.js';
import { evaluationText } from './evaluation-text.js';
import { loadExported, type NamedModel, namedModel } from './exported.js';
import { UsageError } from './fields.js';
import { labelledSource, openLabelled } from './labelled-pictures.js';
import { type Measurement, measure } from './measure.js';
import { openOutput } from './output.js';
import { predictionsCsv } from './predictions-csv.js';
import { ProgressLine } from './progress-line.js';

/** Measures a model, and prints what came of it. */
export async function evaluate(
  model: string,
  data: string | undefined,
  o: EvaluateOptions,
  command: Command,
): Promise<void> {
  const named = await namedModel(model);
  const { info } = named;
  if (o.threshold !== undefined && info.task !== 'multi-label') {
    throw new UsageError(`--threshold is for several labels a picture; ${model} is ${info.task}`);
  }
  const metrics = o.metrics?.map(metricByName) ?? defaultMetrics(info.task);
  assertMetricsFit(metrics, info.task);
  const measured = await measuredOn(data, named, o, command);
  const { plain, tta, targets, files, skipped, splits } = measured;
  const threshold = o.threshold ?? info.threshold;
  const how = { task: info.task, classes: info.classes, files, metrics, threshold, seed: o.seed };
  const results = {
    model: named.file,
    splits,
    pictures: files.length,
    skipped,
    plain: evaluation(plain, targets, how),
    ...(tta === undefined ? {} : { tta: evaluation(tta, targets, how) }),
  };
  if (o.predictions !== undefined) await writePredictions(o.predictions, info, measured, threshold);
  const shares = new Set(metrics.filter(({ isShare }) => isShare === true).map(({ name }) => name));
  const text = o.json ? JSON.stringify(results, undefined, 2) : evaluationText(results, info, shares);
  process.stdout.write(`${text}\n`);
}

async function measuredOn(
  data: string | undefined,
  named: NamedModel,
  o: EvaluateOptions,
  command: Command,
): Promise<Measurement> {
  const source = await labelledSource(data, named.run, command, o);
  const line = new ProgressLine(!o.quiet);
  try {
    const pictures = await openLabelled(source, named.info, line);
    try {
      const match = matchClasses(named.info, pictures.data, named.file);
      const classifier = await loadExported(named);
      try {
        return await measure(classifier, pictures, { bs: o.bs, tta: o.tta, match, line, label: 'measuring' });
      } finally {
        await classifier.close();
      }
    } finally {
      await pictures.data.close();
    }
  } finally {
    line.clear();
  }
}

async function writePredictions(
  file: string,
  info: ExportedInfo,
  measured: Measurement,
  threshold: number,
): Promise<void> {
  const output = await openOutput(file);
  try {
    for (const line of predictionsCsv(info, measured, threshold)) await output.write(line);
  } catch (error) {
    await output.discard();
    throw error;
  }
  await output.finish();
}
