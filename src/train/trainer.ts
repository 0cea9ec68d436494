import { UserError } from '../core/errors.js';
import { type Callback, type CallbackLearner, ordered, type SideWork } from './callback.js';
import type { TrainBatches } from './train-batches.js';
import { type FitOutcome, type LoopOptions, trainingLoop } from './training-loop.js';

export type RunOptions = Omit<LoopOptions, 'callbacks' | 'stopping'>;

/** Runs the training loop with its callbacks, and keeps their states from one fit, or one process, to the next. */
export class Trainer {
  #stopping = false;
  /** The callbacks of the run that is under way, or was last. */
  #running: readonly Callback[] = [];
  /** Those of the last fit, whose states are kept; the finder's passes are none. */
  #active: readonly Callback[] = [];
  /** States of a checkpoint whose callbacks have not come yet. */
  #loaded: Record<string, unknown> = {};

  constructor(
    private readonly learner: CallbackLearner,
    private readonly batches: TrainBatches,
  ) {}

  /**
   * One run of the loop.
   *
   * @throws {UserError} if two callbacks have the same name, or a callback's saved state is not its own
   */
  run(callbacks: readonly Callback[], options: RunOptions): Promise<FitOutcome> {
    this.#stopping = false;
    const wanted = ordered(options.finding ? callbacks.filter((c) => c.whileFinding !== false) : callbacks);
    assertNames(wanted);
    if (!options.finding) {
      this.#loadStates(wanted);
      this.#active = wanted;
    }
    this.#running = wanted;
    return trainingLoop(this.learner, this.batches, { ...options, callbacks: wanted, stopping: () => this.#stopping });
  }

  /** Ends the run after the batch that is under way. */
  stop(): void {
    this.#stopping = true;
  }

  /** Tells callbacks of work that is not a training batch. */
  async report(work: SideWork, otherwise: readonly Callback[]): Promise<void> {
    const callbacks = this.#running.length > 0 ? this.#running : otherwise;
    for (const callback of callbacks) await callback.onSideWork?.(work);
  }

  /** What callbacks want to be kept in a checkpoint, by their names. */
  async states(): Promise<Record<string, unknown>> {
    const states = { ...this.#loaded };
    for (const callback of this.#active) {
      const { name } = callback;
      if (name !== undefined && callback.saveState !== undefined) states[name] = await callback.saveState();
    }
    return states;
  }

  /** Keeps a checkpoint's states until the next fit brings their callbacks. */
  setStates(states: Readonly<Record<string, unknown>>): void {
    this.#loaded = { ...states };
    this.#active = [];
  }

  #loadStates(callbacks: readonly Callback[]): void {
    for (const callback of callbacks) {
      const { name } = callback;
      if (name === undefined || !Object.hasOwn(this.#loaded, name)) continue;
      callback.loadState?.(this.#loaded[name]);
      delete this.#loaded[name];
    }
  }
}

function assertNames(callbacks: readonly Callback[]): void {
  const seen = new Set<string>();
  for (const { name } of callbacks) {
    if (name === undefined) continue;
    if (seen.has(name)) throw new UserError(`two callbacks are named "${name}"; give one of them another name`);
    seen.add(name);
  }
}
