import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { SplitName } from '../data/batch.js';
import type { Callback, EpochResult, FitPosition, SideWork, TrainingState } from './callback.js';
import { Loss } from './checkpoint.js';
import { wilson } from './intervals/wilson.js';
import type { FitOutcome, Learner } from './learner.js';
import type { LrFinding, LrFindOptions } from './lr-finder.js';
import { accuracy } from './metrics/index.js';
import { type Rates, slice } from './rates.js';
import type { Schedule } from './schedules.js';

/** The recipe's numbers, in one place. */
export const RECIPE_DEFAULTS = {
  /** Epochs with the body frozen; all epochs of a network that starts at random. */
  epochs: 3,
  /** Epochs with every layer trained. */
  finetuneEpochs: 2,
  /**
   * Highest rate while frozen, or of a network that starts at random; `auto` takes the finder's suggestion, held within
   * `lrBounds` or `scratchLrBounds`.
   */
  lr: 'auto',
  /** Highest rate of the last layer group while fine-tuning; `auto` takes half of the finder's edge, held within `finetuneLrBounds`. */
  finetuneLr: 'auto',
  /** A new head learns well within these; a finder on few pictures can suggest almost anything. */
  lrBounds: [5e-4, 1e-2],
  /**
   * Below, few epochs change nothing; above, what the body knew can be lost: batch norms that keep their statistics do not
   * hold activations in bounds (CIFAR-5k, one seed, with TTA: 79.6 % at 8.2e-4, 83.4 % at 5.5e-4, 85.1 % at 3e-4).
   */
  finetuneLrBounds: [1e-4, 3e-4],
  /** Below, a network that starts at random learns slowly; above, it may not come to rest in few epochs. */
  scratchLrBounds: [1e-3, 1e-2],
  /** Taken where the suggestion lies below the bounds: a loss that only rises says no more than that training has been good. */
  lrFallback: 3e-3,
  finetuneLrFallback: 3e-4,
  /** The first layer group's rate in fine-tuning is the last group's divided by this. */
  sliceRatio: 10,
  /** Iterations of the finder while frozen, and before fine-tuning, where an iteration costs far more. */
  findIterations: 100,
  finetuneFindIterations: 24,
  /** Whether predictions are averaged over altered pictures at the end. */
  tta: true,
} as const;

export type AutoRate = number | 'auto';

export interface RecipeOptions {
  readonly epochs?: number | undefined;
  readonly finetuneEpochs?: number | undefined;
  readonly lr?: AutoRate | undefined;
  readonly finetuneLr?: AutoRate | undefined;
  readonly lrBounds?: readonly [number, number] | undefined;
  readonly finetuneLrBounds?: readonly [number, number] | undefined;
  readonly scratchLrBounds?: readonly [number, number] | undefined;
  readonly lrFallback?: number | undefined;
  readonly finetuneLrFallback?: number | undefined;
  readonly sliceRatio?: number | undefined;
  readonly findIterations?: number | undefined;
  readonly finetuneFindIterations?: number | undefined;
  readonly tta?: boolean | undefined;
  /** Rates over each of its fits. Default: one cycle. */
  readonly schedule?: Schedule | undefined;
  /**
   * Whether the body starts from pretrained weights. Otherwise there is nothing to keep: all layers are trained from the
   * beginning by one cycle of `epochs`, at one rate, and there is no fine-tuning. Default: as the learner started.
   */
  readonly pretrained?: boolean | undefined;
  /** File for checkpoints, written after each epoch and stage, and on a stop. Default: none. */
  readonly checkpoint?: string | undefined;
  /** Where to go on, from `resumeRecipe`. Default: at the start. */
  readonly from?: RecipeProgress | undefined;
  /** Stops the recipe after the batch that runs. */
  readonly signal?: AbortSignal | undefined;
  readonly hooks?: RecipeHooks | undefined;
}

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

const Position = z.object({
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
  metrics: z.record(z.string(), z.number()),
  seconds: z.number(),
});
/** A row of the table. */
export type RecipeEpoch = z.infer<typeof Epoch>;

const Share = z.object({ accuracy: z.number(), low: z.number(), high: z.number() });
/** An accuracy with its 95 % interval (Wilson 1927). */
export type AccuracyInterval = z.infer<typeof Share>;

const SplitResult = z.object({
  split: z.enum(['valid', 'test']),
  pictures: z.number(),
  plain: Share,
  /** With test-time augmentation. */
  tta: Share.optional(),
});
/** How good the trained network is on a split. */
export type RecipeResult = z.infer<typeof SplitResult>;

const Progress = z.object({
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
  epochs: z.array(Epoch),
  /** Seconds spent in each stage. */
  seconds: z.record(z.string(), z.number()),
  results: z.array(SplitResult),
});
/** How far the recipe has come, and what it has found out: plain data. */
export type RecipeProgress = z.infer<typeof Progress>;

/** What a host may want to show while the recipe runs; batches and side work come through `callbacks`. */
export interface RecipeHooks {
  readonly callbacks?: readonly Callback[];
  onStage?(stage: RecipeStage, progress: RecipeProgress): void | Promise<void>;
  onFound?(stage: FittedStage, finding: LrFinding, rate: number): void | Promise<void>;
  /** An epoch ended, and the checkpoint holds it. */
  onEpoch?(row: RecipeEpoch, progress: RecipeProgress): void | Promise<void>;
  /** A checkpoint could not be written, training goes on; without this hook it ends with the error. */
  onCheckpointFailed?(error: UserError): void;
}

export interface RecipeOutcome {
  /** False if the signal stopped it. */
  readonly finished: boolean;
  readonly progress: RecipeProgress;
}

/**
 * The baseline: find a rate, train the new head by one cycle while the pretrained body is frozen, unfreeze, find a rate
 * again, fine-tune by one cycle with lower rates for the lower layers, predict with test-time augmentation. A network that
 * starts at random is trained as a whole from the beginning instead.
 *
 * Give it a learner as `cnnLearner` made it, or one that `resumeRecipe` brought back. A run that was stopped and resumed
 * gives the same numbers as one that was not.
 */
export async function runRecipe(learner: Learner, options: RecipeOptions = {}): Promise<RecipeOutcome> {
  const run = new RecipeRun(learner, options);
  learner.callbacks.push(...(options.hooks?.callbacks ?? []), run);
  try {
    return { finished: await run.go(), progress: run.progress };
  } finally {
    const ours: ReadonlySet<Callback> = new Set([run, ...(options.hooks?.callbacks ?? [])]);
    learner.callbacks.splice(0, Infinity, ...learner.callbacks.filter((c) => !ours.has(c)));
  }
}

/**
 * Takes up a checkpoint of the recipe's; gives the place to hand to `runRecipe` as `from`.
 *
 * @throws {UserError} if the file is damaged, of another network, or not saved by the recipe
 */
export async function resumeRecipe(learner: Learner, checkpoint: string): Promise<RecipeProgress> {
  const { recipe } = await learner.load(checkpoint);
  const parsed = Progress.safeParse(recipe);
  if (!parsed.success)
    throw new UserError(`${checkpoint} does not hold a run of the recipe; load it with learner.load`);
  return parsed.data;
}

/** Thrown to leave side work, such as validation, when the signal says so. */
class Stopped extends Error {}

class RecipeRun implements Callback {
  /** Checkpoints are written when all other callbacks have seen the epoch. */
  readonly order = 1000;
  readonly progress: RecipeProgress;
  readonly #settings: Settings;
  readonly #hooks: RecipeHooks;
  readonly #signal: AbortSignal | undefined;
  /** The version of the weights that the last epoch ended with. */
  #measured: number | undefined;
  /** The fit that is under way; the finder's passes are none. */
  #fitting: { readonly stage: FittedStage; state: TrainingState | undefined } | undefined;

  constructor(
    private readonly learner: Learner,
    private readonly options: RecipeOptions,
  ) {
    this.#settings = resolve(options, learner.pretrained);
    this.#hooks = options.hooks ?? {};
    this.#signal = options.signal;
    this.progress = structuredClone(
      options.from ?? { stage: RECIPE_STAGES[0], findings: {}, rates: {}, epochs: [], seconds: {}, results: [] },
    );
  }

  /** Goes through the stages from where progress stands; false if it was stopped. */
  async go(): Promise<boolean> {
    const { progress } = this;
    while (progress.stage !== 'done') {
      const { stage } = progress;
      if (this.#isWanted(stage)) {
        await this.#hooks.onStage?.(stage, progress);
        const began = performance.now();
        const complete = !this.#signal?.aborted && (await this.#perform(stage));
        progress.seconds[stage] = (progress.seconds[stage] ?? 0) + (performance.now() - began) / 1000;
        if (!complete) {
          await this.#save();
          return false;
        }
      }
      progress.stage = RECIPE_STAGES[RECIPE_STAGES.indexOf(stage) + 1] ?? 'done';
      delete progress.fit;
      if (this.#isWanted(stage)) await this.#trySave();
    }
    return true;
  }

  onTrainBegin(state: TrainingState): void {
    if (this.#fitting !== undefined) this.#fitting.state = state;
  }

  onBatchEnd(state: TrainingState): void {
    if (this.#signal?.aborted) state.stop = true;
  }

  async onEpochEnd(state: TrainingState, result: EpochResult): Promise<void> {
    if (this.#fitting === undefined) return;
    const { epoch, trainLoss, validLoss, metrics, seconds } = result;
    const row = { stage: this.#fitting.stage, epoch, trainLoss, validLoss, metrics: { ...metrics }, seconds };
    this.progress.epochs.push(row);
    this.#measured = this.learner.engine.version;
    this.progress.fit = { ...state.position(), epoch: epoch + 1, batch: 0, epochLoss: 0, epochSeconds: 0 };
    await this.#trySave();
    await this.#hooks.onEpoch?.(row, this.progress);
    if (this.#signal?.aborted) state.stop = true;
  }

  onSideWork(work: SideWork): void {
    if (this.#signal?.aborted && work.done < work.total) throw new Stopped('stopped');
  }

  #isWanted(stage: RecipeStage): boolean {
    const o = this.#settings;
    const head = o.pretrained && o.epochs > 0;
    const finetunes = o.pretrained && o.finetuneEpochs > 0;
    const scratch = !o.pretrained && o.epochs > 0;
    switch (stage) {
      case 'find-frozen':
        return head && o.lr === 'auto';
      case 'frozen':
        return head;
      case 'find-finetune':
        return finetunes && o.finetuneLr === 'auto';
      case 'finetune':
        return finetunes;
      case 'find-scratch':
        return scratch && o.lr === 'auto';
      case 'scratch':
        return scratch;
      case 'tta':
        return true;
    }
  }

  /** True if the stage was completed. */
  async #perform(stage: RecipeStage): Promise<boolean> {
    const o = this.#settings;
    try {
      switch (stage) {
        case 'find-frozen':
          return await this.#findFirst('frozen', o.lrBounds);
        case 'find-scratch':
          return await this.#findFirst('scratch', o.scratchLrBounds);
        case 'frozen':
        case 'scratch': {
          const maxLr = this.#rate(stage, o.lr, o.lrFallback);
          return await this.#fit(stage, (fit) => this.#train(o.epochs, maxLr, fit));
        }
        case 'find-finetune':
          this.learner.unfreeze();
          return await this.#find('finetune', { numIt: o.finetuneFindIterations, ...FINETUNE_RANGE }, ({ edge }) =>
            within(edge / 2, o.finetuneLrBounds, o.finetuneLrFallback),
          );
        case 'finetune': {
          const lr = this.#rate('finetune', o.finetuneLr, o.finetuneLrFallback);
          const maxLr = slice(lr / o.sliceRatio, lr);
          // A fit that goes on keeps the optimizer's moments.
          if (this.progress.fit === undefined) this.learner.unfreeze();
          return await this.#fit('finetune', (fit) => this.#train(o.finetuneEpochs, maxLr, fit));
        }
        case 'tta':
          return await this.#evaluate(o.tta);
      }
    } catch (error) {
      if (error instanceof Stopped) return false;
      throw error;
    }
  }

  #train(epochs: number, maxLr: Rates, fit: { from?: FitPosition }): Promise<FitOutcome> {
    const { schedule } = this.options;
    if (schedule === undefined) return this.learner.fitOneCycle(epochs, { maxLr, ...fit });
    return this.learner.fit(epochs, maxLr, { schedule, ...fit });
  }

  /** The rate of the first training there is: what the finder suggests, within bounds. */
  #findFirst(stage: FittedStage, bounds: readonly [number, number]): Promise<boolean> {
    const { findIterations: numIt, lrFallback } = this.#settings;
    return this.#find(stage, { numIt }, ({ suggestion }) => within(suggestion, bounds, lrFallback));
  }

  async #find(stage: FittedStage, options: LrFindOptions, choose: (finding: LrFinding) => number): Promise<boolean> {
    const finding = await this.learner.lrFind(options);
    if (this.#signal?.aborted) return false;
    this.progress.findings[stage] = {
      ...finding,
      lrs: [...finding.lrs],
      losses: [...finding.losses],
      suggestions: { ...finding.suggestions },
    };
    const rate = choose(finding);
    this.progress.rates[stage] = rate;
    await this.#hooks.onFound?.(stage, finding, rate);
    return true;
  }

  #rate(stage: FittedStage, lr: AutoRate, fallback: number): number {
    const rate = lr === 'auto' ? (this.progress.rates[stage] ?? fallback) : lr;
    this.progress.rates[stage] = rate;
    return rate;
  }

  async #fit(stage: FittedStage, fit: (from: { from?: FitPosition }) => Promise<FitOutcome>): Promise<boolean> {
    const from = this.progress.fit;
    const fitting: { stage: FittedStage; state: TrainingState | undefined } = { stage, state: undefined };
    this.#fitting = fitting;
    try {
      const outcome = await fit(from === undefined ? {} : { from });
      if (!outcome.finished) this.progress.fit = copy(outcome.at);
      return outcome.finished;
    } catch (error) {
      // Side work was left: batches and epochs done so far stand.
      if (error instanceof Stopped && fitting.state !== undefined) this.progress.fit = copy(fitting.state.position());
      throw error;
    } finally {
      this.#fitting = undefined;
    }
  }

  async #evaluate(withTta: boolean): Promise<boolean> {
    const results: RecipeResult[] = [];
    for (const split of ['valid', 'test'] as const) {
      const pictures = this.learner.data.length(split);
      if (pictures === 0 || !this.learner.data.isLabelled(split)) continue;
      const plain = this.#lastAccuracy(split) ?? (await this.#accuracy(split, false));
      const tta = withTta ? share(await this.#accuracy(split, true), pictures) : undefined;
      results.push({ split, pictures, plain: share(plain, pictures), ...(tta === undefined ? {} : { tta }) });
    }
    if (this.#signal?.aborted) return false;
    this.progress.results = results;
    return true;
  }

  async #accuracy(split: SplitName, tta: boolean): Promise<number> {
    const { preds, targets } = await (tta ? this.learner.tta({ split }) : this.learner.getPreds(split));
    return accuracy(preds, targets);
  }

  /** The last epoch's accuracy on the validation set, unless weights have changed since. */
  #lastAccuracy(split: SplitName): number | undefined {
    return split === 'valid' && this.#measured === this.learner.engine.version
      ? this.progress.epochs.at(-1)?.metrics.accuracy
      : undefined;
  }

  async #trySave(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      if (!(error instanceof UserError) || this.#hooks.onCheckpointFailed === undefined) throw error;
      this.#hooks.onCheckpointFailed(error);
    }
  }

  async #save(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint !== undefined) await this.learner.save(checkpoint, { recipe: this.progress });
  }
}

/** Few iterations are spent where a body that is trained already can tell something. */
const FINETUNE_RANGE = { startLr: 1e-5, endLr: 0.1 } as const;

function within(suggestion: number, [low, high]: readonly [number, number], fallback: number): number {
  return suggestion < low ? fallback : Math.min(high, suggestion);
}

function share(value: number, n: number): AccuracyInterval {
  const [low, high] = wilson(value, n);
  return { accuracy: value, low, high };
}

function copy(at: FitPosition): z.infer<typeof Position> {
  return { ...at, smooth: { ...at.smooth } };
}

type Settings = ReturnType<typeof resolve>;

/** Fills in the defaults. */
function resolve(options: RecipeOptions, pretrained: boolean) {
  const d = RECIPE_DEFAULTS;
  return {
    epochs: options.epochs ?? d.epochs,
    finetuneEpochs: options.finetuneEpochs ?? d.finetuneEpochs,
    lr: options.lr ?? d.lr,
    finetuneLr: options.finetuneLr ?? d.finetuneLr,
    lrBounds: options.lrBounds ?? d.lrBounds,
    finetuneLrBounds: options.finetuneLrBounds ?? d.finetuneLrBounds,
    scratchLrBounds: options.scratchLrBounds ?? d.scratchLrBounds,
    lrFallback: options.lrFallback ?? d.lrFallback,
    finetuneLrFallback: options.finetuneLrFallback ?? d.finetuneLrFallback,
    sliceRatio: options.sliceRatio ?? d.sliceRatio,
    findIterations: options.findIterations ?? d.findIterations,
    finetuneFindIterations: options.finetuneFindIterations ?? d.finetuneFindIterations,
    tta: options.tta ?? d.tta,
    pretrained: options.pretrained ?? pretrained,
  };
}
