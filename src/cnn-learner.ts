import { type DataBunch, loadImage } from './data/index.js';
import type { Architecture } from './nn/architecture.js';
import { appendFile, readFile, writeFile } from './runtime/node/files.js';
import { measuredChoices } from './runtime/node/measured-choices.js';
import { ProcessDevice } from './runtime/node/process-device.js';
import type { LearnerHost } from './train/host.js';
import { Learner, type LearnerOptions } from './train/learner.js';
import { pretrainedWeights, readWeights } from './weights.js';

/** Node: a training process, sharp for pictures, the file system, downloads. */
const nodeHost: LearnerHost = {
  createDevice: () => new ProcessDevice(),
  choices: measuredChoices,
  loadImage,
  readFile,
  writeFile,
  appendFile,
  readWeights,
  pretrainedWeights,
};

/**
 * A learner for pictures, as fastai's: a pretrained body without its classifier, and a new head.
 *
 * @throws {UserError} if an option is no good, or weights cannot be had or do not fit
 */
export function cnnLearner(data: DataBunch, arch: Architecture, options: LearnerOptions = {}): Promise<Learner> {
  return Learner.create(data, arch, nodeHost, options);
}
