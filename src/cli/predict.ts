import { stat } from 'node:fs/promises';
import { messageOf } from '../core/errors.js';
import { loadImage } from '../data/index.js';
import { findPictures } from '../data/node/scan.js';
import { percent } from '../report/table.js';
import { Classifier } from './classifier.js';
import type { PredictOptions } from './predict-command.js';

interface Prediction {
  readonly file: string;
  /** The most probable classes, the first one first. */
  readonly top: readonly { readonly label: string; readonly probability: number }[];
}

/** Prints what the model says of pictures; gives 1 if some could not be read, else 0. */
export async function predict(model: string, given: readonly string[], o: PredictOptions): Promise<number> {
  const classifier = await Classifier.load(model);
  try {
    const { files, problems } = await expand(given);
    let failed = problems.length;
    for (const problem of problems) report(problem);
    const all: Prediction[] = [];
    for (let at = 0; at < files.length; at += o.bs) {
      const { predictions, errors } = await predictBatch(classifier, files.slice(at, at + o.bs), o.top);
      failed += errors.length;
      for (const error of errors) report(error);
      if (o.json) all.push(...predictions);
      else for (const prediction of predictions) process.stdout.write(`${line(prediction)}\n`);
    }
    if (o.json) process.stdout.write(`${JSON.stringify(all.map(record), undefined, 2)}\n`);
    return failed > 0 ? 1 : 0;
  } finally {
    await classifier.close();
  }
}

async function predictBatch(
  classifier: Classifier,
  files: readonly string[],
  top: number,
): Promise<{ predictions: Prediction[]; errors: string[] }> {
  const loaded = await Promise.allSettled(files.map((file) => loadImage(file, classifier.size, classifier.framing)));
  const good = loaded.flatMap((r, i) => (r.status === 'fulfilled' ? [{ file: files[i] ?? '', picture: r.value }] : []));
  const errors = loaded.flatMap((r) => (r.status === 'rejected' ? [messageOf(r.reason)] : []));
  if (good.length === 0) return { predictions: [], errors };
  const rows = await classifier.probabilities(good.map(({ picture }) => picture));
  const predictions = good.map(({ file }, i) => {
    const ranked = Array.from(rows[i] ?? [], (probability, c) => ({ label: classifier.classes[c] ?? '', probability }));
    return { file, top: ranked.sort((a, b) => b.probability - a.probability).slice(0, top) };
  });
  return { predictions, errors };
}

/** Folders become the pictures in them. */
async function expand(given: readonly string[]): Promise<{ files: string[]; problems: string[] }> {
  const files: string[] = [];
  const problems: string[] = [];
  for (const path of given) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isDirectory()) {
      files.push(path);
      continue;
    }
    const { pictures, unsupported } = await findPictures(path);
    files.push(...pictures);
    problems.push(
      ...unsupported.map((file) => `${file} is of a kind that cannot be decoded; convert it to JPEG or PNG`),
    );
    if (pictures.length === 0) problems.push(`${path} holds no pictures`);
  }
  return { files, problems };
}

function report(problem: string): void {
  process.stderr.write(`onecycle: ${problem}\n`);
}

function line({ file, top }: Prediction): string {
  return `${file}: ${top.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ')}`;
}

function record({ file, top }: Prediction) {
  return { file, ...top[0], top };
}
