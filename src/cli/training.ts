import type { Command } from 'commander';
import { z } from 'zod';
import { MAX_SIZE } from '../data/check.js';
import { OPTIMIZERS, type OptimizerName } from '../engine/optimizers/index.js';
import { type Architecture, assertTakesSize } from '../nn/architecture.js';
import { flagOf, numberBetween, UsageError, wholeNumber, word } from './fields.js';
import { option } from './option.js';

const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS);

export const SCHEDULES = [
  'one-cycle',
  'flat-cos',
  'cosine',
  'restarts',
  'linear',
  'polynomial',
  'step',
  'exponential',
  'constant',
] as const;
type ScheduleName = (typeof SCHEDULES)[number];

/** Options that shape only some schedules. */
const SHAPES: readonly (readonly ['cycleLen' | 'cycleMult' | 'power' | 'stepEvery' | 'gamma', ...ScheduleName[]])[] = [
  ['cycleLen', 'restarts'],
  ['cycleMult', 'restarts'],
  ['power', 'polynomial'],
  ['stepEvery', 'step'],
  ['gamma', 'step', 'exponential'],
];

/** A flag that may stand without a value: what it has then. */
const orDefault = <T extends z.ZodType>(fallback: number, schema: T) =>
  z.preprocess((value) => (value === true ? fallback : value), schema);

/** `64,96,128`, or the list itself. */
function sizes() {
  const error = `must be sizes from 16 to ${MAX_SIZE} with commas between them, such as 64,96,128`;
  return z.preprocess(
    (value) =>
      typeof value === 'string' ? value.split(',').map((part) => (part.trim() === '' ? part : Number(part))) : value,
    z.array(z.int({ error }).min(16, { error }).max(MAX_SIZE, { error }), { error }).min(1, { error }),
  );
}

/** Options that decide how parameters are changed; runs of earlier versions have none of them. */
export const trainingFields = {
  opt: z
    .custom<OptimizerName>((value) => typeof value === 'string' && Object.hasOwn(OPTIMIZERS, value), {
      error: `must be one of ${OPTIMIZER_NAMES.join(', ')}`,
    })
    .default('adamw'),
  wd: z
    .preprocess(
      (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
      z.number({ error: 'must be a number from 0 up' }).min(0, { error: 'must be a number from 0 up' }),
    )
    .default(0.01),
  momentum: numberBetween(0, 1).optional(),
  schedule: word(SCHEDULES).default('one-cycle'),
  warmup: numberBetween(0, 1).optional(),
  cycleLen: numberBetween(0, 10_000).optional(),
  cycleMult: wholeNumber(1, 100).optional(),
  power: numberBetween(0, 100).optional(),
  stepEvery: numberBetween(0, 10_000).optional(),
  gamma: numberBetween(0, 1).optional(),
  clipGrad: numberBetween(0, 1e6).optional(),
  accumulate: wholeNumber(2, 4096).optional(),
  mixup: orDefault(0.4, numberBetween(0, 1000)).optional(),
  cutmix: orDefault(1, numberBetween(0, 1000)).optional(),
  ema: orDefault(0.999, numberBetween(0, 1)).optional(),
  swa: z.boolean().default(false),
  progressive: sizes().optional(),
  earlyStop: orDefault(1, wholeNumber(1)).optional(),
  reduceOnPlateau: orDefault(1, wholeNumber(1)).optional(),
  reduceFactor: numberBetween(1, 1e6).optional(),
  minLr: numberBetween(0, 10).optional(),
  saveBest: z.boolean().default(false),
  saveEvery: z.boolean().default(false),
  monitor: z.string().min(1, { error: 'must name a number' }).optional(),
  minDelta: numberBetween(0, 1e6).optional(),
  logJsonl: z.boolean().default(false),
  logTensorboard: z.boolean().default(false),
};

export type TrainingOptions = z.infer<z.ZodObject<typeof trainingFields>>;

/** Adds the flags of the optimizer to a command. */
export function addOptimizer(command: Command): Command {
  return command
    .optionsGroup('Optimizer and schedule:')
    .addOption(option('--opt <name>', `optimizer: one of ${OPTIMIZER_NAMES.join(', ')}`, 'adamw'))
    .addOption(option('--wd <decay>', 'weight decay, of weights but not of biases and norms', 0.01))
    .addOption(option('--momentum <m>', 'momentum or β₁, all the time (default: 0.95 to 0.85 and back)'));
}

/** Adds the options' flags to a command. */
export function addTraining(command: Command): Command {
  return addOptimizer(command)
    .addOption(option('--schedule <name>', `rate over each part: one of ${SCHEDULES.join(', ')}`, SCHEDULES[0]))
    .addOption(option('--warmup <share>', 'share of each part in which the rate rises first (not with one-cycle)'))
    .addOption(option('--cycle-len <epochs>', 'of the first cycle with restarts (default: 1)'))
    .addOption(option('--cycle-mult <n>', 'how many times as long as the last each cycle is (default: 2)'))
    .addOption(option('--power <p>', 'of polynomial (default: 1, which is linear)'))
    .addOption(option('--step-every <epochs>', 'after which step lowers the rate'))
    .addOption(option('--gamma <factor>', 'what step (0.1) or exponential (0.9, after each epoch) multiplies it by'))
    .addOption(option('--clip-grad <norm>', 'bound on the norm of all gradients together'))
    .addOption(option('--accumulate <n>', 'batches whose gradients make one step'))
    .optionsGroup('Techniques:')
    .addOption(option('--mixup [alpha]', 'mix pictures and targets (0.4); a frozen body then runs on every picture'))
    .addOption(option('--cutmix [alpha]', 'put boxes of other pictures into each (1), likewise'))
    .addOption(option('--ema [decay]', 'keep a moving average of the weights (0.999), and end with it'))
    .addOption(option('--swa', 'end each part with the average of its last quarter of epochs'))
    .addOption(option('--progressive <sizes>', 'train each part on pictures that grow, such as 64,96,128'))
    .addOption(option('--early-stop [epochs]', 'end a part after so many epochs in which nothing was better (1)'))
    .addOption(
      option('--reduce-on-plateau [epochs]', 'lower the rates after so many epochs in which nothing was better (1)'),
    )
    .addOption(option('--reduce-factor <n>', 'what --reduce-on-plateau divides rates by (default: 10)'))
    .addOption(option('--min-lr <rate>', 'below which it lowers no rate (default: 0)'))
    .addOption(option('--save-best', 'keep the weights of the best epoch in best.safetensors, and end with them'))
    .addOption(option('--save-every', 'keep a checkpoint of each epoch in the folder epochs of --out'))
    .addOption(
      option(
        '--monitor <name>',
        'what better is told by: validLoss, trainLoss or a metric (default: validLoss); less is better for losses and errors',
      ),
    )
    .addOption(option('--min-delta <d>', 'better by no more than this counts as not better (default: 0)'))
    .addOption(option('--log-jsonl', 'write a line of JSON for each batch and epoch into log.jsonl of --out'))
    .addOption(option('--log-tensorboard', 'write an event file for TensorBoard into the folder tensorboard of --out'));
}

/**
 * @throws {UsageError} if options contradict each other
 * @throws {UserError} if the network does not take one of the sizes
 */
export function checkTraining(o: TrainingOptions, arch: Architecture): void {
  if (o.mixup !== undefined && o.cutmix !== undefined) throw new UsageError('take --mixup or --cutmix, not both');
  if (o.ema !== undefined && o.swa) throw new UsageError('take --ema or --swa, not both');
  if (o.warmup !== undefined && o.schedule === 'one-cycle') {
    throw new UsageError('--warmup needs another --schedule: one-cycle rises by itself');
  }
  for (const [name, ...schedules] of SHAPES) {
    if (o[name] === undefined || schedules.includes(o.schedule)) continue;
    throw new UsageError(`${flagOf(name)} needs --schedule ${schedules.join(' or ')}`);
  }
  if (o.schedule === 'step' && o.stepEvery === undefined) throw new UsageError('--schedule step needs --step-every');
  if (o.reduceOnPlateau === undefined && (o.reduceFactor ?? o.minLr) !== undefined) {
    throw new UsageError('--reduce-factor and --min-lr need --reduce-on-plateau');
  }
  const monitors = o.earlyStop !== undefined || o.reduceOnPlateau !== undefined || o.saveBest;
  if (!monitors && (o.monitor ?? o.minDelta) !== undefined) {
    throw new UsageError('--monitor and --min-delta need --early-stop, --reduce-on-plateau or --save-best');
  }
  for (const size of o.progressive ?? []) assertTakesSize(arch, size);
}
