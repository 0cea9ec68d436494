import type { Callback, TrainingState } from '../train/callback.js';
import { lossesPlot } from '../train/plots/index.js';

/** Draws the losses after each epoch into an SVG file, as fastai's ShowGraphCallback does on the screen. */
export class ShowGraph implements Callback {
  readonly order = 50;
  readonly whileFinding = false;

  constructor(private readonly file: string) {}

  async onEpochEnd({ learner }: TrainingState): Promise<void> {
    await learner.files.writeFile(this.file, lossesPlot(learner.recorder.history).svg({ theme: 'auto' }));
  }
}
