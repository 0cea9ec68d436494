import type { Skipped } from '../data/index.js';
import { type LooseBatch, LoosePictures } from '../data/node/loose-pictures.js';
import { batchesAhead, grouped, mapAhead } from '../data/prefetch.js';
import { noTransforms } from '../data/transforms.js';
import type { ExportedModel } from '../exported/exported-model.js';
import { mixed, passesOf } from '../exported/tta.js';
import { loadExported, namedModel } from './exported.js';
import { UsageError } from './fields.js';
import { type Output, openOutput } from './output.js';
import { picturesNamed } from './picture-arguments.js';
import type { PredictOptions } from './predict-command.js';
import { type PredictionFormat, predictionFormat } from './predict-format.js';
import { StopSignal } from './stop-signal.js';

/** Batches that the model has at a time: the next is there when one is done. */
const RUNNING = 2;

/** Milliseconds that a batch waits for further names on standard input. */
const PATIENCE = 50;

/** Writes what the model says of pictures; gives 1 if some could not be read, else 0. */
export async function predict(model: string, given: readonly string[], o: PredictOptions): Promise<number> {
  const named = await namedModel(model);
  const { info } = named;
  if (o.threshold !== undefined && info.task !== 'multi-label') {
    throw new UsageError(`--threshold is for several labels a picture; ${model} is ${info.task}`);
  }
  const format = predictionFormat(o.format, info, { top: o.top, threshold: o.threshold ?? info.threshold });
  const passes = passesOf(o.tta);
  const pictures = new LoosePictures({
    ...{ size: info.size, framing: info.framing, workers: o.workers, passes },
    transforms: { train: info.transforms, valid: noTransforms.valid },
  });
  const stop = new StopSignal(() => {
    report('stopping; press ctrl-C again to leave at once');
    // Nobody waits for its next line any more.
    process.stdin.destroy();
  });
  const problems = new Problems();
  try {
    const output = await openOutput(o.out);
    try {
      const classifier = await loadExported(named);
      try {
        const files = problems.passed(picturesNamed(given, process.stdin));
        const bytes = passes.length * o.bs * 3 * info.size ** 2;
        const batches = mapAhead(grouped(files, o.bs, PATIENCE), batchesAhead(bytes, o.workers), (batch) =>
          pictures.batch(batch),
        );
        const predicted = mapAhead(batches, RUNNING, (batch) => outputsOf(classifier, batch));
        const count = await writeAll(predicted, format, output, problems, stop.signal);
        if (stop.signal.aborted) {
          await output.discard();
          return stop.exitCode;
        }
        await output.finish();
        if (o.out !== undefined) process.stderr.write(`${count} predictions are in ${o.out}\n`);
      } finally {
        await classifier.close();
      }
    } catch (error) {
      await output.discard();
      throw error;
    }
  } finally {
    stop.dispose();
    await pictures.close();
  }
  return problems.count > 0 ? 1 : 0;
}

interface Predicted extends LooseBatch {
  /** [files, classes] */
  readonly outputs: Float32Array;
}

async function outputsOf(classifier: ExportedModel, batch: LooseBatch): Promise<Predicted> {
  const n = batch.files.length;
  if (n === 0) return { ...batch, outputs: new Float32Array() };
  const passes: Float32Array[] = [];
  for (const images of batch.images) passes.push(await classifier.outputs(images, n));
  return { ...batch, outputs: mixed(passes) };
}

async function writeAll(
  predicted: AsyncIterable<Predicted>,
  format: PredictionFormat,
  output: Output,
  problems: Problems,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  await output.write(format.begin);
  for await (const { files, failed, outputs } of predicted) {
    for (const skipped of failed) problems.unreadable(skipped);
    const width = outputs.length / Math.max(1, files.length);
    const lines = files.map((file, i) =>
      format.line(file, outputs.subarray(i * width, (i + 1) * width), count + i === 0),
    );
    count += files.length;
    if (lines.length > 0) await output.write(lines.join(''));
    if (signal.aborted) return count;
  }
  await output.write(format.end(count === 0));
  return count;
}

/** Tells what could not be read, and counts it. */
class Problems {
  count = 0;

  unreadable({ file, reason }: Skipped): void {
    this.#tell(`${file} cannot be read: ${reason}`);
  }

  /** The files among what was named. */
  async *passed(named: ReturnType<typeof picturesNamed>): AsyncGenerator<string> {
    for await (const picture of named) {
      if ('file' in picture) yield picture.file;
      else this.#tell(picture.problem);
    }
  }

  #tell(problem: string): void {
    this.count++;
    report(problem);
  }
}

function report(problem: string): void {
  process.stderr.write(`onecycle: ${problem}\n`);
}
