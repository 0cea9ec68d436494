import type { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { Callback, EpochResult, FitPosition, SideWork, TrainingState } from './callback.js';
import { CheckpointClock } from './checkpoint-clock.js';
import type { FitOutcome, Learner } from './learner.js';
import type { LrFinding, LrFindOptions } from './lr-finder.js';
import { type Rates, slice } from './rates.js';
import { type AutoRate, type RecipeHooks, type RecipeOptions, type RecipeSettings, resolve } from './recipe-options.js';
import {
  type FittedStage,
  type Position,
  Progress,
  RECIPE_STAGES,
  type RecipeProgress,
  type RecipeStage,
} from './recipe-progress.js';
import { recipeResults } from './recipe-results.js';

export { type AutoRate, RECIPE_DEFAULTS, type RecipeHooks, type RecipeOptions } from './recipe-options.js';
export {
  type Estimates,
  type FittedStage,
  RECIPE_STAGES,
  type RecipeEpoch,
  type RecipeProgress,
  type RecipeResult,
  type RecipeStage,
} from './recipe-progress.js';

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

/** The checkpoint before the newest, which is kept beside it. */
export function previousCheckpoint(checkpoint: string): string {
  return `${checkpoint.replace(/\.safetensors$/, '')}.previous.safetensors`;
}

/**
 * Takes up a checkpoint of the recipe's, or the one before it if that is damaged; gives the place to hand to `runRecipe` as `from`.
 *
 * @param onDamaged is told what is wrong with the newest checkpoint, if an older one is taken
 * @throws {UserError} if both files are damaged, of another network, or not saved by the recipe
 */
export async function resumeRecipe(
  learner: Learner,
  checkpoint: string,
  onDamaged?: (error: UserError) => void,
): Promise<RecipeProgress> {
  const { recipe } = await learner.load(checkpoint, { otherwise: previousCheckpoint(checkpoint), onDamaged });
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
  readonly #settings: RecipeSettings;
  readonly #hooks: RecipeHooks;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: CheckpointClock;
  /** When the stage that is under way began, less what was spent in it before. */
  #began = performance.now();
  /** The fit that is under way; the finder's passes are none. */
  #fitting: { readonly stage: FittedStage; state: TrainingState | undefined } | undefined;

  constructor(
    private readonly learner: Learner,
    private readonly options: RecipeOptions,
  ) {
    this.#settings = resolve(options, learner.pretrained);
    this.#hooks = options.hooks ?? {};
    this.#signal = options.signal;
    this.#clock = new CheckpointClock(options.checkpointEvery);
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
        this.#began = performance.now() - (progress.seconds[stage] ?? 0) * 1000;
        const complete = !this.#signal?.aborted && (await this.#perform(stage));
        this.#noteSeconds();
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

  async onBatchEnd(state: TrainingState): Promise<void> {
    if (this.#signal?.aborted) state.stop = true;
    // That of a stop follows by itself.
    else if (this.#fitting !== undefined && this.#clock.isDue()) {
      this.progress.fit = { ...state.position(), batch: state.batch + 1 };
      this.#noteSeconds();
      await this.#trySave();
    }
  }

  async onEpochEnd(state: TrainingState, result: EpochResult): Promise<void> {
    if (this.#fitting === undefined) return;
    const { epoch, trainLoss, validLoss, metrics, seconds } = result;
    const row = { stage: this.#fitting.stage, epoch, trainLoss, validLoss, metrics: { ...metrics }, seconds };
    this.progress.epochs.push(row);
    this.progress.fit = { ...state.position(), epoch: epoch + 1, batch: 0, epochLoss: 0, epochSeconds: 0 };
    this.#noteSeconds();
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
    // What the checkpoint takes is data alone.
    const { plot: _, ...finding } = await this.learner.lrFind(options);
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
    const { results, predictions } = await recipeResults(this.learner, withTta);
    if (this.#signal?.aborted) return false;
    this.progress.results = results;
    await this.#hooks.onMeasured?.(predictions);
    return true;
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
    if (checkpoint === undefined) return;
    await this.#clock.spend(() =>
      this.learner.save(checkpoint, { recipe: this.progress }, { keep: previousCheckpoint(checkpoint) }),
    );
  }

  #noteSeconds(): void {
    const { stage, seconds } = this.progress;
    seconds[stage] = (performance.now() - this.#began) / 1000;
  }
}

/** Few iterations are spent where a body that is trained already can tell something. */
const FINETUNE_RANGE = { startLr: 1e-5, endLr: 0.1 } as const;

function within(suggestion: number, [low, high]: readonly [number, number], fallback: number): number {
  return suggestion < low ? fallback : Math.min(high, suggestion);
}

function copy(at: FitPosition): z.infer<typeof Position> {
  return { ...at, smooth: { ...at.smooth } };
}
