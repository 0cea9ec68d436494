import { z } from 'zod';
import { Loss } from './checkpoint.js';

/** The parts of the recipe, in order; those `scratch` stand for the four before them where the body starts at random. */
export const RECIPE_STAGES = [
  'find-frozen',
  'frozen',
  'find-finetune',
  'finetune',
  'find-scratch',
  'scratch',
  'tta',
] as const;
export type RecipeStage = (typeof RECIPE_STAGES)[number];

export const Position = z.object({
  epoch: z.number(),
  batch: z.number(),
  smooth: z.object({ average: Loss, count: z.number() }),
  epochLoss: Loss,
  epochSeconds: z.number(),
});

const Finding = z.object({
  lrs: z.array(z.number()),
  losses: z.array(z.number()),
  suggestion: z.number(),
  edge: z.number(),
  steepest: z.number(),
  minimum: z.number(),
  suggestions: z.record(z.string(), z.number()).default({}),
});

const Fitted = z.enum(['frozen', 'finetune', 'scratch']);
/** A stage that trains. */
export type FittedStage = z.infer<typeof Fitted>;

const Epoch = z.object({
  stage: Fitted,
  /** From 0 in each stage. */
  epoch: z.number(),
  trainLoss: Loss,
  validLoss: Loss.optional(),
  metrics: z.record(z.string(), Loss),
  seconds: z.number(),
});
export const RecipeEpochs = z.array(Epoch);
/** A row of the table. */
export type RecipeEpoch = z.infer<typeof Epoch>;

/** A metric with its 95 % interval, NaN where it is undefined, by its name. */
const Estimates = z.record(z.string(), z.object({ value: Loss, low: Loss, high: Loss }));
export type Estimates = z.infer<typeof Estimates>;

const SplitResult = z.object({
  split: z.enum(['valid', 'test']),
  pictures: z.number(),
  plain: Estimates,
  /** With test-time augmentation. */
  tta: Estimates.optional(),
});
export const RecipeResults = z.array(SplitResult);
/** How good the trained network is on a split. */
export type RecipeResult = z.infer<typeof SplitResult>;

export const Progress = z.object({
  /** The stage that is under way or comes next. */
  stage: z.enum([...RECIPE_STAGES, 'done']),
  /** Where that stage's fit was stopped. */
  fit: Position.optional(),
  findings: z.object({ frozen: Finding.optional(), finetune: Finding.optional(), scratch: Finding.optional() }),
  /** Highest rates that were used, once they are known. */
  rates: z.object({
    frozen: z.number().optional(),
    finetune: z.number().optional(),
    scratch: z.number().optional(),
  }),
  epochs: RecipeEpochs,
  /** Seconds spent in each stage. */
  seconds: z.record(z.string(), z.number()),
  results: RecipeResults,
});
/** How far the recipe has come, and what it has found out: plain data. */
export type RecipeProgress = z.infer<typeof Progress>;
