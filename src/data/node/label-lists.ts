import { join } from 'node:path';
import type { ImageStats } from '../batch.js';
import type { Limits } from '../block/encode.js';
import type { Framing } from '../framing.js';
import type { LabelledSet } from '../item.js';
import type { Transforms } from '../transforms.js';
import { ImageDataBunch } from './image-data-bunch.js';
import type { ImageList } from './image-list.js';
import { listFolder } from './list-files.js';
import { type BunchOptions, resolveFolderOptions } from './options.js';
import { type Plan, resolvePlan } from './resolve-plan.js';

export interface TransformSizeOptions extends Partial<Framing> {
  /** Side of the square pictures in pixels, 1 to 4096. Default: see `probeSize`. */
  readonly size?: number | undefined;
}

export interface TestOptions {
  /** Whether the pictures have labels, found as those of the others are. Default false, as in fastai. */
  readonly labelled?: boolean | undefined;
}

/** Pictures that are split and labelled: what the `label…` methods give, ready to become a data bunch. */
export class LabelLists {
  readonly #plan: Plan;
  readonly #options: BunchOptions;
  /** Whether the data's own mean and deviation are wanted. */
  readonly #ownStats: boolean;

  constructor(plan: Plan, options: BunchOptions = {}, ownStats = false) {
    this.#plan = plan;
    this.#options = options;
    this.#ownStats = ownStats;
  }

  /** Adds a test set of other pictures. */
  addTest(list: ImageList, { labelled = false }: TestOptions = {}): LabelLists {
    return this.#with({ test: { list: () => list.read(), labelled } });
  }

  /** Adds a test set: the pictures in a folder below the list's, by default `test`. */
  addTestFolder(folder = 'test', { labelled = false }: TestOptions = {}): LabelLists {
    const list = async () => {
      const { root } = await this.#plan.list();
      const { maxUnpackedBytes, cacheFolder } = resolveFolderOptions({});
      return listFolder(join(root, folder), { recurse: true, maxUnpackedBytes, cacheFolder });
    };
    return this.#with({ test: { list, labelled } });
  }

  /** Sets what happens to the pictures (`getTransforms`), the side of the squares, and how pictures become squares. */
  transform(tfms?: Transforms, options: TransformSizeOptions = {}): LabelLists {
    return new LabelLists(
      this.#plan,
      { ...this.#options, ...(tfms === undefined ? {} : { dsTfms: tfms }), ...options },
      this.#ownStats,
    );
  }

  /** Normalises by given statistics (`imagenetStats`), or by those of the training pictures, see `batchStats`. */
  normalize(stats?: ImageStats): LabelLists {
    return new LabelLists(this.#plan, { ...this.#options, stats }, stats === undefined);
  }

  /**
   * Reads, splits and labels the pictures, without decoding any.
   *
   * Rejects with a UserError that names the file, line, option or split that is no good.
   */
  read(limits: Limits = {}): Promise<LabelledSet> {
    return resolvePlan(this.#plan, limits);
  }

  /**
   * Reads, splits, labels and decodes the pictures.
   *
   * Rejects with a UserError that names the file, line, option or split that is no good.
   */
  async databunch(options: BunchOptions & Limits = {}): Promise<ImageDataBunch> {
    const { root, files } = await resolvePlan(this.#plan, options);
    const bunch = await ImageDataBunch.fromLabelledFiles(root, files, { ...this.#options, ...options });
    if (!this.#ownStats) return bunch;
    try {
      return bunch.normalize(await bunch.batchStats());
    } catch (error) {
      await bunch.close();
      throw error;
    }
  }

  #with(change: Partial<Plan>): LabelLists {
    return new LabelLists({ ...this.#plan, ...change }, this.#options, this.#ownStats);
  }
}
