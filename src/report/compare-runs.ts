import { type Difference, type Estimate, pairedDifference, unpairedDifference } from '../train/intervals/index.js';
import { isLowerBetter, type Metric, metricByName, type Predictions, type Targets } from '../train/metrics/index.js';
import type { KeptPredictions, RunFacts } from './run-facts.js';

/** A run, and what it says of single pictures, by split; undefined where that was not kept. */
export interface ComparedRun {
  readonly facts: RunFacts;
  readonly predictions: ReadonlyMap<string, KeptPredictions> | undefined;
}

export interface ComparedValue {
  readonly run: string;
  readonly estimate: Estimate;
  /** To the first run; undefined for that one, and where it has no such number. */
  readonly difference: Difference | undefined;
  readonly isBetter: boolean;
}

/** A metric on a split, of all runs that have it. */
export interface ComparedMetric {
  readonly split: 'valid' | 'test';
  readonly metric: string;
  readonly tta: boolean;
  readonly values: readonly ComparedValue[];
}

export interface Comparison {
  readonly runs: readonly RunFacts[];
  /** Options that are not the same for all, and each run's value of them as text. */
  readonly options: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly metrics: readonly ComparedMetric[];
}

/** What differs between runs, and whether it matters; the first one is what others are compared with. */
export function compareRuns(runs: readonly ComparedRun[], only?: string): Comparison {
  const facts = runs.map((run) => run.facts);
  return { runs: facts, options: differentOptions(facts), metrics: [...comparedMetrics(runs, only)] };
}

function differentOptions(runs: readonly RunFacts[]): Comparison['options'] {
  const names = [...new Set(runs.flatMap(({ options }) => Object.keys(options)))];
  return names.flatMap((name) => {
    const values = runs.map(({ options }) => optionText(options[name]));
    return new Set(values).size > 1 ? [{ name, values }] : [];
  });
}

function optionText(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function* comparedMetrics(runs: readonly ComparedRun[], only: string | undefined): Generator<ComparedMetric> {
  for (const split of ['valid', 'test'] as const) {
    const measured = runs.map((run) => run.facts.results.find((result) => result.split === split));
    const names = [...new Set(measured.flatMap((result) => Object.keys(result?.plain ?? {})))];
    for (const metric of names.filter((name) => only === undefined || name === only)) {
      for (const tta of [false, true]) {
        const estimates = measured.map((result) => (tta ? result?.tta : result?.plain)?.[metric]);
        if (estimates.every((estimate) => estimate === undefined)) continue;
        yield { split, metric, tta, values: [...comparedValues(runs, estimates, { split, metric, tta })] };
      }
    }
  }
}

interface Place {
  readonly split: string;
  readonly metric: string;
  readonly tta: boolean;
}

function* comparedValues(
  runs: readonly ComparedRun[],
  estimates: readonly (Estimate | undefined)[],
  place: Place,
): Generator<ComparedValue> {
  const [first] = runs;
  const base = estimates[0];
  for (const [i, run] of runs.entries()) {
    const estimate = estimates[i];
    if (estimate === undefined) continue;
    const compared = i > 0 && first !== undefined && base !== undefined;
    const difference = compared ? differenceOf(first, run, base, estimate, place) : undefined;
    const isBetter = difference !== undefined && difference.value > 0 !== isLowerBetter(place.metric);
    yield { run: run.facts.name, estimate, difference, isBetter };
  }
}

function differenceOf(
  first: ComparedRun,
  second: ComparedRun,
  before: Estimate,
  after: Estimate,
  { split, metric, tta }: Place,
): Difference {
  const known = knownMetric(metric);
  const a = first.predictions?.get(split);
  const b = second.predictions?.get(split);
  const same = a === undefined || b === undefined ? undefined : samePictures(a, b, tta);
  if (known === undefined || same === undefined) return unpairedDifference(before, after);
  return pairedDifference(known, same.first, same.second, same.targets);
}

function knownMetric(name: string): Metric | undefined {
  try {
    return metricByName(name);
  } catch {
    return undefined;
  }
}

/** Both networks' predictions in the same order; undefined if they are not of the same pictures with the same labels. */
function samePictures(
  a: KeptPredictions,
  b: KeptPredictions,
  tta: boolean,
): { readonly first: Predictions; readonly second: Predictions; readonly targets: Targets } | undefined {
  const first = tta ? a.tta : a.plain;
  const second = tta ? b.tta : b.plain;
  if (first === undefined || second === undefined) return undefined;
  const { n, classes } = first;
  if (second.n !== n || second.classes !== classes || b.targets.length !== a.targets.length) return undefined;
  const rows = new Map(b.files.map((file, row) => [keyOf(file), row]));
  if (rows.size !== n) return undefined;
  const width = a.targets.length / n;
  const data = new Float32Array(n * classes);
  for (const [i, file] of a.files.entries()) {
    const row = rows.get(keyOf(file));
    if (row === undefined) return undefined;
    for (let t = 0; t < width; t++) if (a.targets[i * width + t] !== b.targets[row * width + t]) return undefined;
    data.set(second.data.subarray(row * classes, (row + 1) * classes), i * classes);
  }
  return { first, second: { data, n, classes }, targets: a.targets };
}

/** A picture's name and its folder's: sets that lie elsewhere, or share other folders, are still the same. */
function keyOf(file: string): string {
  return file.split('/').slice(-2).join('/');
}
