import { dirname, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { DataBunch, Task } from '../data/index.js';
import { float32, type TensorData } from '../graph/types.js';
import { readSafetensors, writeSafetensors } from '../nn/safetensors.js';
import type { KeptPredictions } from '../report/index.js';
import type { Predictions, Targets } from '../train/metrics/index.js';
import type { SplitPredictions } from '../train/recipe-results.js';

/** Stands in the metadata of every file of predictions. */
const FORMAT = 'onecycle predictions 1';
/** Predictions of more numbers are not kept: 256 MiB. */
const MOST_NUMBERS = 2 ** 26;

const Metadata = z.object({ format: z.literal(FORMAT), task: z.string(), classes: z.string(), files: z.string() });
const Names = z.array(z.string());

/**
 * Predictions as .safetensors: `SPLIT/plain` and `SPLIT/tta` [n, classes] float32, `SPLIT/targets`; names of classes and files are JSON in
 * the metadata. Undefined where that would be too large.
 */
export function writePredictions(data: DataBunch, all: readonly SplitPredictions[]): Uint8Array | undefined {
  const numbers = all.reduce((sum, { plain, tta }) => sum + plain.preds.data.length * (tta === undefined ? 1 : 2), 0);
  if (numbers > MOST_NUMBERS) return undefined;
  const tensors = new Map<string, TensorData>();
  const files: Record<string, string[]> = {};
  for (const { split, plain, tta } of all) {
    const { n, classes } = plain.preds;
    files[split] = Array.from({ length: n }, (_, i) => data.file(split, i));
    tensors.set(`${split}/plain`, float32([n, classes], plain.preds.data));
    if (tta !== undefined) tensors.set(`${split}/tta`, float32([n, classes], tta.preds.data));
    tensors.set(`${split}/targets`, tensorOf(plain.targets, n));
  }
  const root = sharedFolder(Object.values(files).flat());
  const below = Object.entries(files).map(([split, paths]) => [split, paths.map((path) => relativeTo(root, path))]);
  return writeSafetensors(tensors, {
    format: FORMAT,
    task: data.task satisfies Task,
    classes: JSON.stringify(data.classes),
    files: JSON.stringify(Object.fromEntries(below)),
  });
}

function tensorOf(targets: Targets, n: number): TensorData {
  const dims = targets.length === n ? [n] : [n, targets.length / n];
  return targets instanceof Int32Array ? { dtype: 'int32', dims, data: targets } : float32(dims, targets);
}

/** The folder that holds all files, with its separator; empty where there is none. */
function sharedFolder(paths: readonly string[]): string {
  let shared = paths[0] === undefined ? '' : `${dirname(paths[0])}${sep}`;
  while (shared !== '' && !paths.every((path) => path.startsWith(shared))) {
    const parent = dirname(shared);
    shared = parent === '.' || parent === dirname(parent) ? '' : `${parent}${sep}`;
  }
  return shared;
}

function relativeTo(root: string, path: string): string {
  return path.slice(root.length).replaceAll('\\', '/');
}

/** @throws {UserError} if the bytes are no file of predictions */
export function readPredictions(bytes: Uint8Array, file: string): Map<string, KeptPredictions> {
  const { tensors, metadata } = readSafetensors(bytes, file);
  const parsed = Metadata.safeParse(metadata);
  if (!parsed.success) throw new UserError(`${file} holds no predictions of onecycle's`);
  const splits = z.record(z.string(), Names).parse(JSON.parse(parsed.data.files));
  const predictions = new Map<string, KeptPredictions>();
  for (const [split, files] of Object.entries(splits)) {
    const plain = predictionsOf(tensors.get(`${split}/plain`));
    const targets = tensors.get(`${split}/targets`)?.data;
    if (plain?.n !== files.length || !(targets instanceof Int32Array || targets instanceof Float32Array)) {
      throw new UserError(`${file}: the predictions of the ${split} set are damaged`);
    }
    predictions.set(split, { files, targets, plain, tta: predictionsOf(tensors.get(`${split}/tta`)) });
  }
  return predictions;
}

function predictionsOf(tensor: TensorData | undefined): Predictions | undefined {
  const [n, classes] = tensor?.dims ?? [];
  if (tensor?.dtype !== 'float32' || n === undefined || classes === undefined) return undefined;
  return { data: tensor.data, n, classes };
}
