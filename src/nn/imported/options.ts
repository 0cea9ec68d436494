import type { Value } from '../../graph/types.js';
import type { KnownPreprocessing } from './preprocessing.js';

/** How a model is made a backbone. What the file tells need not be said. */
export interface OnnxOptions extends KnownPreprocessing {
  /** What the network is called. Default: the file's name. */
  readonly name?: string;
  /** Which of the model's outputs gives the classes. Default: `logits`, or the first. */
  readonly output?: Value;
  /** The value that a head is to read. Default: found, see `findCut`. */
  readonly features?: Value;
  /** Layer groups of the body: their number, 1 to 8, or the names of their layers, as `Architecture.groups`. Default 2. */
  readonly groups?: number | readonly (readonly string[])[];
  /**
   * Whether convolutions into which a batch norm has been folded get a scale and a shift that are trained as a norm's are; the
   * network computes the same until they are trained. Default false: such a convolution has its weight and bias.
   */
  readonly restoreNorm?: boolean;
}
