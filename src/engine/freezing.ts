import type { ParameterKind } from '../nn/forward.js';

/** Which layer groups are trained. */
export interface Freezing {
  /** The first group that is trained; those before it are frozen. */
  readonly firstTrained: number;
  /**
   * Whether the body's batch norms use and track the batch's statistics, and are trained in frozen groups too, as fastai
   * has it. Otherwise the body keeps its statistics, as Keras' guide to transfer learning has it: scales and shifts are
   * trained with their group. The head's batch norms always use the batch.
   */
  readonly trainNorm: boolean;
}

/** Whether a training step changes the parameters of a kind in a layer group. */
export function isTrained(kind: ParameterKind, group: number, { firstTrained, trainNorm }: Freezing): boolean {
  return group >= firstTrained || (trainNorm && kind === 'norm');
}
