import * as ort from 'onnxruntime-node';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { MAX_SIZE } from '../data/check.js';
import { DEFAULT_FRAMING, type Framing, PADDING_MODES, RESIZE_METHODS } from '../data/framing.js';
import { readModel } from '../graph/onnx.js';
import { readFile } from '../runtime/node/files.js';

/** Models of earlier versions do not say how pictures become squares, nor the task: all were cropped, and had one label each. */
const Preprocessing = z.object({
  framing: z
    .object({ resizeMethod: z.enum(RESIZE_METHODS), paddingMode: z.enum(PADDING_MODES) })
    .default(DEFAULT_FRAMING),
});

const Metadata = z.object({
  'onecycle.classes': z.string().transform((text) => z.array(z.string()).min(1).parse(JSON.parse(text))),
  'onecycle.task': z.enum(['single-label', 'multi-label', 'regression']).default('single-label'),
  'onecycle.threshold': z.coerce.number().min(0).max(1).default(0.5),
  'onecycle.size': z.coerce.number().int().min(1).max(MAX_SIZE),
  'onecycle.preprocessing': z
    .string()
    .default('{}')
    .transform((text) => Preprocessing.parse(JSON.parse(text))),
});

/** An exported model, ready to classify pictures. */
export class Classifier {
  private constructor(
    private readonly session: ort.InferenceSession,
    readonly task: Task,
    /** Names of the classes, or of a regression's outputs. */
    readonly classes: readonly string[],
    /** With several labels a picture, those with probabilities above it are given. */
    readonly threshold: number,
    /** Side of the square pictures that it takes, in pixels. */
    readonly size: number,
    /** How pictures of any shape become squares. */
    readonly framing: Framing,
  ) {}

  /**
   * @throws {UserError} if the file is not a model, or not one that onecycle exported
   */
  static async load(file: string): Promise<Classifier> {
    const bytes = await readFile(file);
    const metadata = Metadata.safeParse(metadataOf(bytes, file));
    if (!metadata.success) {
      throw new UserError(
        `${file} is an ONNX model without labels and picture size; use a model.onnx that onecycle trained`,
      );
    }
    const {
      'onecycle.task': task,
      'onecycle.classes': classes,
      'onecycle.threshold': threshold,
      'onecycle.size': size,
      'onecycle.preprocessing': { framing },
    } = metadata.data;
    try {
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
      return new Classifier(session, task, classes, threshold, size, framing);
    } catch (error) {
      throw new UserError(`${file} cannot be run: ${messageOf(error)}`);
    }
  }

  /** Probabilities, or a regression's values, row by row, of pictures as `loadImage` gives them: uint8 RGB planes [3, size, size]. */
  async outputs(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    const each = 3 * this.size * this.size;
    const input = new Float32Array(pictures.length * each);
    pictures.forEach((picture, n) => {
      for (let i = 0; i < each; i++) input[n * each + i] = (picture[i] ?? 0) / 255;
    });
    const image = new ort.Tensor('float32', input, [pictures.length, 3, this.size, this.size]);
    const name = this.task === 'regression' ? 'values' : 'probabilities';
    const { [name]: tensor } = await this.session.run({ image }, [name]);
    if (!(tensor?.data instanceof Float32Array)) throw new UserError(`the model gave no ${name}`);
    const { data } = tensor;
    const c = this.classes.length;
    return pictures.map((_, n) => data.slice(n * c, (n + 1) * c));
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

function metadataOf(bytes: Uint8Array, file: string): Readonly<Record<string, string>> {
  try {
    return readModel(bytes).metadata;
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
}
