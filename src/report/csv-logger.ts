import { z } from 'zod';
import type { Callback, EpochResult, TrainingState } from '../train/callback.js';
import { parseState } from '../train/callbacks/saved-state.js';
import { csv } from './csv.js';

const State = z.object({
  header: z.array(z.string()),
  rows: z.array(z.array(z.number().nullable())),
});

/** Writes a CSV file with a line for each epoch of all fits: `epoch,train_loss,valid_loss,…metrics,seconds`. */
export class CSVLogger implements Callback {
  readonly name = 'CSVLogger';
  readonly order = 50;
  readonly whileFinding = false;
  #header: readonly string[] = [];
  #rows: (readonly (number | null)[])[] = [];

  constructor(private readonly file: string) {}

  async onEpochEnd({ learner }: TrainingState, result: EpochResult): Promise<void> {
    const { epoch, trainLoss, validLoss, metrics, seconds } = result;
    if (this.#rows.length === 0)
      this.#header = ['epoch', 'train_loss', 'valid_loss', ...Object.keys(metrics), 'seconds'];
    this.#rows.push([epoch, trainLoss, validLoss ?? null, ...Object.values(metrics), Number(seconds.toFixed(3))]);
    const cells = this.#rows.map((row) => row.map((cell) => cell ?? undefined));
    await learner.files.writeFile(this.file, csv(this.#header, cells));
  }

  saveState(): unknown {
    return { header: this.#header, rows: this.#rows };
  }

  loadState(saved: unknown): void {
    const { header, rows } = parseState(State, saved, this.name);
    this.#header = header;
    this.#rows = rows;
  }
}
