import { stat } from 'node:fs/promises';
import { messageOf } from '../core/errors.js';
import { loadImage } from '../data/index.js';
import { findPictures } from '../data/node/scan.js';
import { type Answer, type AnswerOptions, answerOf } from './answer.js';
import { Classifier } from './classifier.js';
import { UsageError } from './fields.js';
import type { PredictOptions } from './predict-command.js';

interface Prediction extends Answer {
  readonly file: string;
}

/** Prints what the model says of pictures; gives 1 if some could not be read, else 0. */
export async function predict(model: string, given: readonly string[], o: PredictOptions): Promise<number> {
  const classifier = await Classifier.load(model);
  try {
    if (o.threshold !== undefined && classifier.task !== 'multi-label') {
      throw new UsageError(`--threshold is for several labels a picture; ${model} is ${classifier.task}`);
    }
    const said = { top: o.top, threshold: o.threshold ?? classifier.threshold };
    const { files, problems } = await expand(given);
    let failed = problems.length;
    for (const problem of problems) report(problem);
    const all: Prediction[] = [];
    for (let at = 0; at < files.length; at += o.bs) {
      const { predictions, errors } = await predictBatch(classifier, files.slice(at, at + o.bs), said);
      failed += errors.length;
      for (const error of errors) report(error);
      if (o.json) all.push(...predictions);
      else for (const prediction of predictions) process.stdout.write(`${prediction.file}: ${prediction.text}\n`);
    }
    if (o.json)
      process.stdout.write(
        `${JSON.stringify(
          all.map(({ file, record }) => ({ file, ...record })),
          undefined,
          2,
        )}\n`,
      );
    return failed > 0 ? 1 : 0;
  } finally {
    await classifier.close();
  }
}

async function predictBatch(
  classifier: Classifier,
  files: readonly string[],
  said: AnswerOptions,
): Promise<{ predictions: Prediction[]; errors: string[] }> {
  const loaded = await Promise.allSettled(files.map((file) => loadImage(file, classifier.size, classifier.framing)));
  const good = loaded.flatMap((r, i) => (r.status === 'fulfilled' ? [{ file: files[i] ?? '', picture: r.value }] : []));
  const errors = loaded.flatMap((r) => (r.status === 'rejected' ? [messageOf(r.reason)] : []));
  if (good.length === 0) return { predictions: [], errors };
  const rows = await classifier.outputs(good.map(({ picture }) => picture));
  const predictions = good.map(({ file }, i) => ({
    file,
    ...answerOf(classifier, rows[i] ?? new Float32Array(), said),
  }));
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
