import { type Callback, type EpochResult, type TrainingState, UserError } from 'onecycle';

/**
 * Trains with the rates turned down for the first batches of each epoch after the first, and says what they were: after a validation
 * the optimizer's averages are a little stale. Its state goes into checkpoints, so that a resumed run goes on as it would have.
 */
export class GentleRestart implements Callback {
  readonly name = 'GentleRestart'; // of its state in checkpoints
  readonly order = 10; // after the schedule, which sets rates at −100
  readonly whileFinding = false; // the learning rate finder has rates of its own
  /** The lowest share of each epoch so far. */
  readonly shares: number[] = [];

  constructor(
    /** Batches until the rates are whole again. */
    private readonly batches: number,
  ) {}

  onEpochBegin(): void {
    this.shares.push(1);
  }

  onBatchBegin(state: TrainingState): void {
    if (state.epoch === 0) return;
    const share = Math.min(1, (state.batch + 1) / this.batches);
    state.lr = state.lr.map((lr) => lr * share);
    this.shares.push(Math.min(this.shares.pop() ?? 1, share));
  }

  onEpochEnd(state: TrainingState, result: EpochResult): void {
    console.log(
      `epoch ${state.epoch} of ${state.epochs}: least share ${this.shares.at(-1)}, loss ${result.trainLoss.toFixed(3)}`,
    );
  }

  saveState(): readonly number[] {
    return this.shares;
  }

  loadState(saved: unknown): void {
    if (!Array.isArray(saved)) throw new UserError('the checkpoint has no shares of GentleRestart');
    this.shares.splice(0, this.shares.length, ...saved.map(Number));
  }
}
