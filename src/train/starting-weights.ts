import { UserError } from '../core/errors.js';
import type { TensorData } from '../graph/types.js';
import { type Architecture, hasWeights } from '../nn/architecture.js';
import type { LoadedWeights } from '../nn/weights/read.js';
import type { OnDownload } from '../runtime/download.js';
import { CHECKPOINT_FORMAT } from './checkpoint.js';
import type { LearnerHost } from './host.js';

export interface StartingWeights {
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** Names them in messages. */
  readonly file: string;
}

interface StartOptions {
  readonly pretrained?: boolean;
  readonly weights?: string;
  readonly onDownload?: OnDownload;
}

/** Whether a learner's options start its body from weights. */
export function startsFromWeights(arch: Architecture, { pretrained, weights }: StartOptions): boolean {
  return weights !== undefined || (pretrained ?? hasWeights(arch));
}

/**
 * The weights that a learner's options ask for; undefined for random ones.
 *
 * @throws {UserError} if there are none, or they cannot be had
 */
export async function startingWeights(
  arch: Architecture,
  host: LearnerHost,
  options: StartOptions,
): Promise<StartingWeights | undefined> {
  const { weights, onDownload } = options;
  if (weights !== undefined) {
    if (options.pretrained === false) {
      throw new UserError(
        `weights: ${JSON.stringify(weights)} and pretrained: false contradict each other; leave one out`,
      );
    }
    return { tensors: tensorsOf(await host.readWeights(weights), weights), file: weights };
  }
  if (!startsFromWeights(arch, options)) return undefined;
  if (arch.imported !== undefined) return { tensors: arch.imported.tensors, file: arch.imported.file };
  if (arch.pretrained === undefined) {
    throw new UserError(
      `there are no pretrained weights for ${arch.name}; pass pretrained: false to start from random ones, or a file of your own as weights`,
    );
  }
  const { file } = arch.pretrained.weights;
  return { tensors: (await host.pretrainedWeights(arch.pretrained.weights, onDownload)).tensors, file };
}

function tensorsOf(loaded: LoadedWeights, file: string): ReadonlyMap<string, TensorData> {
  if (loaded.metadata.format === CHECKPOINT_FORMAT) {
    throw new UserError(
      `${file} is a checkpoint of a learner, not a file of weights; take it up with learn.load, or go on with its run by --resume`,
    );
  }
  return loaded.tensors;
}
