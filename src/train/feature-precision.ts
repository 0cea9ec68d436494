import { UserError } from '../core/errors.js';
import type { DataBunch } from '../data/batch.js';
import type { CalibrationBatch, Engine, FeaturePrecision } from '../engine/engine.js';
import { calibrationBatches } from './calibration-batches.js';

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
/** As many times as fast it must be. */
const LEAST_GAIN = 1.2;
/** As far from the features in float32 as int8 may be, as a share of their norm. EfficientNet-Lite0's are 0.2 away, and a head learns as much from them. */
const MOST_DIFFERENCE = 0.3;
const TIMED_RUNS = 3;

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
    private readonly engine: Pick<Engine, 'features' | 'isQuantised' | 'quantiseBody' | 'network'>,
    private readonly data: Pick<DataBunch, 'batches' | 'bs' | 'length'>,
    private readonly wanted: FeaturePrecision | 'auto',
    private readonly choices: MeasuredChoices,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The precision for a size; the body is ready for it then. */
  async of(size: number): Promise<FeaturePrecision> {
    const chosen = this.#chosen.get(size) ?? (await this.#choose(size));
    this.#chosen.set(size, chosen);
    if (chosen === 'int8') await this.#quantise(size);
    return chosen;
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
    const { arch } = this.engine.network;
    const about = `features of ${arch.imported?.sha256 ?? arch.name} at ${size} px`;
    const known = await this.choices.recall(about);
    if (known === 'float32' || known === 'int8') return known;
    const measured = await this.#measure(size);
    await this.choices.remember(about, measured);
    return measured;
  }

  async #measure(size: number): Promise<FeaturePrecision> {
    const [batch] = await this.#quantise(size).catch((error: unknown) => {
      if (error instanceof UserError) return [];
      throw error;
    });
    if (batch === undefined) return 'float32';
    const float = await this.#timed(batch, size, 'float32');
    const int8 = await this.#timed(batch, size, 'int8');
    const isFaster = float.milliseconds > LEAST_GAIN * int8.milliseconds;
    return isFaster && difference(int8.features, float.features) <= MOST_DIFFERENCE ? 'int8' : 'float32';
  }

  /** Features of a batch, and the shortest of some times that they took. */
  async #timed({ images, n }: CalibrationBatch, size: number, precision: FeaturePrecision) {
    // The first run compiles.
    const features = await this.engine.features(images, n, size, precision);
    let milliseconds = Number.POSITIVE_INFINITY;
    for (let run = 0; run < TIMED_RUNS; run++) {
      const began = this.now();
      await this.engine.features(images, n, size, precision);
      milliseconds = Math.min(milliseconds, this.now() - began);
    }
    return { features, milliseconds };
  }

  /** Makes int8 ready, if it is not; gives the pictures that it was calibrated on. */
  async #quantise(size: number): Promise<CalibrationBatch[]> {
    if (this.engine.isQuantised(size)) return [];
    const pass = { batchSize: this.data.bs, size };
    const batches = await calibrationBatches(this.data, 'train', CALIBRATION_PICTURES, pass);
    await this.engine.quantiseBody(batches, size).catch((error: unknown) => {
      const { name } = this.engine.network.arch;
      throw new UserError(`${name} cannot be run in int8 here; take float32 for the features' precision`, {
        cause: error,
      });
    });
    return batches;
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
