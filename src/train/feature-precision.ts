import { UserError } from '../core/errors.js';
import type { DataBunch } from '../data/batch.js';
import type { CalibrationBatch, Engine, FeaturePrecision } from '../engine/engine.js';
import { Int8Error } from '../engine/int8-error.js';
import { bodyDigest } from './body-digest.js';
import { calibrationBatches } from './calibration-batches.js';
import { race } from './precision-race.js';

export type { FeaturePrecision };

/** Choices that were measured on this machine, by what they are about: they are kept, so that a seed gives the same numbers again. */
export interface MeasuredChoices {
  /** What was chosen before, if anything. */
  recall(about: string): Promise<string | undefined>;
  remember(about: string, choice: string): Promise<void>;
}

/** Fewer training pictures are done before quantising pays. */
const FEWEST = 3000;
/** What the body is calibrated on. */
const CALIBRATION_PICTURES = 128;
/** What it is timed on: many short runs find moments in which nothing else runs sooner than a few long ones. */
const TIMED_PICTURES = 16;
/** As many times as fast it must be. */
const LEAST_GAIN = 1.2;
/** As far from the features in float32 as int8 may be, as a share of their norm. EfficientNet-Lite0's are 0.2 away, and a head learns as much from them. */
const MOST_DIFFERENCE = 0.3;

/**
 * Chooses in what numbers a fixed body computes the features that its head is trained on, for each size of pictures: in int8 where that is
 * faster on this machine and close enough. What is predicted, and validated, is always computed in float32.
 */
export class FeaturePrecisions {
  /** By size. */
  readonly #chosen = new Map<number, FeaturePrecision>();

  /**
   * @param wanted `auto` measures
   * @param now milliseconds
   */
  constructor(
    private readonly engine: Pick<
      Engine,
      'features' | 'isQuantised' | 'quantiseBody' | 'forgetBody' | 'values' | 'network'
    >,
    private readonly data: Pick<DataBunch, 'batches' | 'bs' | 'length' | 'notice' | 'size'>,
    private readonly wanted: FeaturePrecision | 'auto',
    private readonly choices: MeasuredChoices,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The precision for a size; the body is ready for it then.
   *
   * @throws {UserError} if int8 is wanted, and the network cannot be run in it
   */
  async of(size: number): Promise<FeaturePrecision> {
    try {
      const precision = this.#chosen.get(size) ?? (await this.#choose(size));
      if (precision === 'int8' && !this.engine.isQuantised(size)) await this.#quantise(size);
      this.#chosen.set(size, precision);
      return precision;
    } catch (error) {
      return this.fallBack(size, error);
    }
  }

  /**
   * Takes float32 for a size from now on, after int8 failed, and tells the user.
   *
   * @throws what failed, if that was something else; {UserError} if int8 is wanted
   */
  async fallBack(size: number, error: unknown): Promise<FeaturePrecision> {
    if (!(error instanceof Int8Error)) throw error;
    await this.engine.forgetBody(size, 'int8');
    const failed = `${this.engine.network.arch.name} could not be run in int8 here (${error.message})`;
    if (this.wanted === 'int8') {
      throw new UserError(`${failed}; take float32, or auto, for featurePrecision (--feature-precision)`, {
        cause: error,
      });
    }
    this.#chosen.set(size, 'float32');
    this.data.notice(`${failed}; its features are computed in float32`);
    return 'float32';
  }

  /** All choices so far, by size: a run that goes on must make the same. */
  get made(): Record<string, FeaturePrecision> {
    return Object.fromEntries(this.#chosen);
  }

  /** Takes up choices that were made before. */
  set made(choices: Readonly<Record<string, FeaturePrecision>>) {
    this.#chosen.clear();
    for (const [size, precision] of Object.entries(choices)) this.#chosen.set(Number(size), precision);
  }

  async #choose(size: number): Promise<FeaturePrecision> {
    if (this.wanted !== 'auto') return this.wanted;
    if (this.data.length('train') < FEWEST) return 'float32';
    const about = await this.#about(size);
    const known = await this.choices.recall(about);
    if (known === 'float32') return known;
    const { precision, isSure } = await this.#measure(size, known === 'int8');
    if (isSure && known === undefined) await this.choices.remember(about, precision);
    // Validation reads the body in float32, at the data's own size.
    if (precision === 'float32') await this.engine.forgetBody(size, 'int8');
    else if (size !== this.data.size) await this.engine.forgetBody(size, 'float32');
    return precision;
  }

  /** What a choice depends on, beside the machine: how fast the body is by its network, how close by its weights. */
  async #about(size: number): Promise<string> {
    const { arch } = this.engine.network;
    return `features of ${arch.imported?.sha256 ?? arch.name} with weights ${await bodyDigest(this.engine)} at ${size} px`;
  }

  /** @param isFaster whether int8 is known to be; how close it is depends on the pictures, too */
  async #measure(size: number, isFaster: boolean): Promise<{ precision: FeaturePrecision; isSure: boolean }> {
    const { images, n } = await this.#quantise(size);
    const float = await this.engine.features(images, n, size, 'float32');
    const int8 = await this.engine.features(images, n, size, 'int8');
    if (!(difference(int8, float) <= MOST_DIFFERENCE)) return { precision: 'float32', isSure: true };
    if (isFaster) return { precision: 'int8', isSure: true };
    const timed = Math.min(n, TIMED_PICTURES);
    const some = images.subarray(0, (images.length / n) * timed);
    const run = (precision: FeaturePrecision) => this.engine.features(some, timed, size, precision);
    const { gain, isSure } = await race(run, LEAST_GAIN, this.now);
    const precision = gain > LEAST_GAIN ? 'int8' : 'float32';
    if (!isSure) {
      this.data.notice(
        `the machine was too busy to tell whether ${this.engine.network.arch.name} is faster in int8: its features are computed in ${precision}, and the next run ` +
          `measures again; featurePrecision (--feature-precision) ${precision} stays with it`,
      );
    }
    return { precision, isSure };
  }

  /** Makes int8 ready; gives some of the pictures that it was calibrated on. */
  async #quantise(size: number): Promise<CalibrationBatch> {
    const pass = { batchSize: this.data.bs, size };
    const batches = await calibrationBatches(this.data, 'train', CALIBRATION_PICTURES, pass);
    await this.engine.quantiseBody(batches, size);
    const [first] = batches;
    if (first === undefined) throw new UserError('there are no pictures to calibrate int8 with');
    return first;
  }
}

/** ‖a − b‖/‖b‖ */
function difference(a: Float32Array, b: Float32Array): number {
  let apart = 0;
  let norm = 0;
  b.forEach((x, i) => {
    apart += ((a[i] ?? 0) - x) ** 2;
    norm += x * x;
  });
  return Math.sqrt(apart / Math.max(norm, Number.MIN_VALUE));
}
