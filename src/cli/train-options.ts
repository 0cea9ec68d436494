import { z } from 'zod';
import { MAX_SIZE } from '../data/check.js';
import { models } from '../nn/models/index.js';
import { RECIPE_DEFAULTS } from '../train/recipe-options.js';
import { augmentationFields } from './augmentation.js';
import { rate, wholeNumber, word } from './fields.js';
import { isModelFile } from './network.js';
import { objectiveFields } from './objective.js';
import { PICTURE_DEFAULTS, pictureFields } from './pictures.js';
import { sourceFields } from './source.js';
import { trainingFields } from './training.js';

const ARCHITECTURES = Object.keys(models);

/** What decides a run, as it is kept in the run's folder: `--resume` needs nothing else. */
export const TrainOptions = z.object({
  /** Full path of the pictures. */
  data: z.string(),
  /** A network's name, or the full path of an ONNX file. */
  arch: z.string().refine((arch) => ARCHITECTURES.includes(arch) || isModelFile(arch), {
    error: `must be an .onnx file or one of ${ARCHITECTURES.join(', ')}`,
  }),
  /** SHA-256 of what the ONNX file held when the run began. */
  archSha256: z.string().optional(),
  size: wholeNumber(16, MAX_SIZE).optional(),
  bs: wholeNumber(1, 4096),
  epochs: wholeNumber(0, 10000),
  finetuneEpochs: wholeNumber(0, 10000),
  lr: rate(),
  finetuneLr: rate(),
  seed: wholeNumber(0),
  ...pictureFields,
  ...augmentationFields,
  ...trainingFields,
  ...objectiveFields,
  ...sourceFields,
  pretrained: z.boolean(),
  /** Full path of a file of weights to start from. */
  weights: z.string().min(1, { error: 'must name a file' }).optional(),
  /** Full path of a checkpoint to start from. */
  from: z.string().min(1, { error: 'must name a run' }).optional(),
  trainBn: z.boolean().default(false),
  recompute: z.boolean().default(false),
  featureCopies: wholeNumber(1).optional(),
  featurePrecision: word(['auto', 'float32', 'int8']).default('auto'),
  tta: z.boolean(),
});
export type TrainOptions = z.infer<typeof TrainOptions>;

export const TRAIN_DEFAULTS = {
  arch: 'efficientnet_lite0',
  bs: 64,
  epochs: RECIPE_DEFAULTS.epochs,
  finetuneEpochs: RECIPE_DEFAULTS.finetuneEpochs,
  lr: RECIPE_DEFAULTS.lr,
  finetuneLr: RECIPE_DEFAULTS.finetuneLr,
  seed: 0,
  ...PICTURE_DEFAULTS,
} as const;
