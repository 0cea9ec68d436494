import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { Task } from '../core/task.js';
import { checkTransforms, type Transform } from '../data/augment/transform.js';
import { MAX_SIZE } from '../data/check.js';
import { DEFAULT_FRAMING, type Framing, PADDING_MODES, RESIZE_METHODS } from '../data/framing.js';
import { getTransforms } from '../data/transforms.js';

/** What an exported model carries beside its graph. */
export interface ExportedInfo {
  readonly task: Task;
  /** Names of the classes, or of a regression's outputs. */
  readonly classes: readonly string[];
  /** With several labels a picture, those with probabilities above it are given. */
  readonly threshold: number;
  /** Side of the square pictures that it takes, in pixels. */
  readonly size: number;
  /** How pictures of any shape become squares. */
  readonly framing: Framing;
  /** What it was trained with: test-time augmentation draws from it. */
  readonly transforms: readonly Transform[];
  /** What its logits are divided by inside, so that probabilities are honest; 1 unless it was fitted. */
  readonly temperature: number;
  /** Name of the network; models of earlier versions have none. */
  readonly arch: string | undefined;
}

const json = (text: string): unknown => JSON.parse(text);

/** Models of earlier versions do not say how pictures become squares, nor the task: all were cropped, and had one label each. */
const Preprocessing = z.object({
  framing: z
    .object({ resizeMethod: z.enum(RESIZE_METHODS), paddingMode: z.enum(PADDING_MODES) })
    .default(DEFAULT_FRAMING),
});

const Metadata = z.object({
  'onecycle.classes': z.string().transform((text) => z.array(z.string()).min(1).parse(json(text))),
  'onecycle.task': z.enum(['single-label', 'multi-label', 'regression']).default('single-label'),
  'onecycle.threshold': z.coerce.number().min(0).max(1).default(0.5),
  'onecycle.size': z.coerce.number().int().min(1).max(MAX_SIZE),
  'onecycle.preprocessing': z
    .string()
    .default('{}')
    .transform((text) => Preprocessing.parse(json(text))),
  'onecycle.transforms': z
    .string()
    .optional()
    .transform((text) => (text === undefined ? getTransforms().train : transformsIn(json(text)))),
  'onecycle.temperature': z.coerce.number().positive().default(1),
  'onecycle.arch': z.string().optional(),
});

/** Written by this package, but files can be changed: what they hold is checked as options are. */
function transformsIn(value: unknown): readonly Transform[] {
  return checkTransforms('onecycle.transforms', z.array(z.custom<Transform>()).parse(value));
}

/**
 * Reads the metadata of a model.
 *
 * @param file its name, for the error
 * @throws {UserError} if it is not of a model that onecycle exported
 */
export function exportedInfo(metadata: Readonly<Record<string, string>>, file: string): ExportedInfo {
  const info = parsed(metadata);
  if (info === undefined) {
    throw new UserError(
      `${file} is an ONNX model without labels and picture size; use a model.onnx that onecycle trained`,
    );
  }
  return info;
}

function parsed(metadata: Readonly<Record<string, string>>): ExportedInfo | undefined {
  try {
    const found = Metadata.parse(metadata);
    return {
      task: found['onecycle.task'],
      classes: found['onecycle.classes'],
      threshold: found['onecycle.threshold'],
      size: found['onecycle.size'],
      framing: found['onecycle.preprocessing'].framing,
      transforms: found['onecycle.transforms'],
      temperature: found['onecycle.temperature'],
      arch: found['onecycle.arch'],
    };
  } catch {
    return undefined;
  }
}
