import type { DataBunch, PassOptions, SplitName } from '../data/batch.js';
import type { Engine, FeaturePrecision } from '../engine/engine.js';
import { sizeOf } from '../graph/types.js';
import type { SideWork } from './callback.js';
import type { FeaturePrecisions } from './feature-precision.js';

/** Features of a whole split, row i for picture i. */
export interface FeatureTable {
  readonly rows: Float32Array;
  readonly width: number;
}

/**
 * What a body that does not change gives for each picture, computed once: training a head on it costs next to nothing, and
 * validation is not repeated. Each augmented pass over the training set is a table of its own; the oldest go when the
 * bound on memory is reached.
 */
export class FeatureBank {
  readonly #tables = new Map<string, FeatureTable>();
  readonly #width: number;

  constructor(
    private readonly engine: Engine,
    private readonly data: DataBunch,
    private readonly precisions: FeaturePrecisions,
    private readonly maxBytes: number,
    private readonly report: (work: SideWork) => void | Promise<void>,
  ) {
    this.#width = sizeOf(engine.layout.features);
  }

  clear(): void {
    this.#tables.clear();
  }

  /** One augmented copy of the training set; `pass` decides the augmentation. Default size: the data's. */
  async train(pass: number, size = this.data.size): Promise<FeatureTable> {
    const table = (precision: FeaturePrecision) =>
      this.#table('train', { epoch: pass, shuffle: false, dropLast: false, size }, precision);
    const precision = await this.precisions.of(size);
    try {
      return await table(precision);
    } catch (error) {
      // From the beginning: rows of one pass are all computed in the same numbers.
      return table(await this.precisions.fallBack(size, error));
    }
  }

  /** A split without augmentation, in float32. */
  plain(split: SplitName): Promise<FeatureTable> {
    return this.#table(split, { shuffle: false, dropLast: false, augmentation: { kind: 'none' } }, 'float32');
  }

  async #table(split: SplitName, pass: PassOptions, precision: FeaturePrecision): Promise<FeatureTable> {
    const size = pass.size ?? this.data.size;
    const key = `${split} ${pass.augmentation?.kind ?? 'default'} ${pass.epoch ?? 0} ${size} ${precision}`;
    const found = this.#tables.get(key);
    if (found !== undefined) return found;
    const n = this.data.length(split);
    const table: FeatureTable = { rows: new Float32Array(n * this.#width), width: this.#width };
    let done = 0;
    for await (const batch of this.data.batches(split, pass)) {
      const features = await this.engine.features(batch.images, batch.n, size, precision);
      batch.indices.forEach((at, i) => {
        table.rows.set(features.subarray(i * this.#width, (i + 1) * this.#width), at * this.#width);
      });
      done += batch.n;
      await this.report({ what: 'features', done, total: n });
    }
    this.#makeRoom(table.rows.byteLength);
    this.#tables.set(key, table);
    return table;
  }

  #makeRoom(bytes: number): void {
    let held = bytes;
    for (const table of this.#tables.values()) held += table.rows.byteLength;
    for (const [key, table] of this.#tables) {
      if (held <= this.maxBytes) return;
      this.#tables.delete(key);
      held -= table.rows.byteLength;
    }
  }
}
