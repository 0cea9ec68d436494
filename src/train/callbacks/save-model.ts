import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { shapesOf } from '../../engine/values.js';
import { float32 } from '../../graph/types.js';
import { asFloat32, readSafetensors, writeSafetensors } from '../../nn/safetensors.js';
import type { Callback, EpochResult, TrainingState } from '../callback.js';
import { Monitor, type MonitorOptions } from './monitor.js';
import { parseState } from './saved-state.js';

export interface SaveModelOptions extends MonitorOptions {
  /** Where to, without its ending: `best` gives best.safetensors. */
  readonly file: string;
  /**
   * `best`: the weights of the best epoch so far, as a file that `weights` and `readWeights` take; `last`: a checkpoint after each
   * epoch in one file; `every`: one in a file of its own, FILE_EPOCH, counted from 0 on from fit to fit. Default `best`.
   */
  readonly when?: 'best' | 'last' | 'every';
  /** With `best`: whether the learner has the best epoch's weights when the fit is over. Default true. */
  readonly restore?: boolean;
}

const State = z.object({ best: z.number().optional(), saved: z.boolean(), epochs: z.number().default(0) });

/** Saves the network after epochs, as fastai's SaveModelCallback. */
export class SaveModel implements Callback {
  readonly name: string;
  readonly order = 70;
  readonly whileFinding = false;
  readonly monitor: Monitor;
  readonly #options: SaveModelOptions;
  /** Whether this fit has a best epoch. */
  #saved = false;
  /** Epochs that have ended, of all fits. */
  #epochs = 0;

  /** @throws {UserError} if an option is no good */
  constructor(options: SaveModelOptions) {
    const { when = 'best' } = options;
    if (!['best', 'last', 'every'].includes(when)) {
      throw new UserError(`SaveModel saves best, last or every, not ${JSON.stringify(when)}`);
    }
    if (options.file === '') throw new UserError('SaveModel needs a file to write to');
    this.#options = { ...options, when };
    this.name = `SaveModel ${when}`;
    this.monitor = new Monitor(options);
  }

  onTrainBegin(state: TrainingState): void {
    if (state.resumed) return;
    this.monitor.best = undefined;
    this.#saved = false;
  }

  async onEpochEnd(state: TrainingState, result: EpochResult): Promise<void> {
    const { when, file } = this.#options;
    const epoch = this.#epochs++;
    if (when === 'last') await state.learner.save(file);
    else if (when === 'every') await state.learner.save(`${file}_${epoch}`);
    else if (this.monitor.improves(result)) {
      const { engine, files } = state.learner;
      const shapes = shapesOf(engine.layout);
      // What was validated: an average, if there is one.
      const values = await engine.values(state.validated);
      const tensors = new Map(
        [...values].map(([name, v]) => [name, float32(shapes.get(name) ?? [v.length], v)] as const),
      );
      await files.writeFile(this.#path, writeSafetensors(tensors));
      this.#saved = true;
    }
  }

  async onTrainEnd({ learner, finished }: TrainingState): Promise<void> {
    const { when, restore = true } = this.#options;
    if (!finished || when !== 'best' || !restore || !this.#saved) return;
    const { tensors } = readSafetensors(await learner.files.readFile(this.#path), this.#path);
    const entries = [...tensors].map(
      ([name, tensor]) => [name, asFloat32(tensor, `${name} in ${this.#path}`)] as const,
    );
    await learner.engine.setValues(new Map(entries));
  }

  get #path(): string {
    const { file } = this.#options;
    return file.endsWith('.safetensors') ? file : `${file}.safetensors`;
  }

  saveState(): unknown {
    return { best: this.monitor.best, saved: this.#saved, epochs: this.#epochs };
  }

  loadState(saved: unknown): void {
    const state = parseState(State, saved, this.name);
    this.monitor.best = state.best;
    this.#saved = state.saved;
    this.#epochs = state.epochs;
  }
}
