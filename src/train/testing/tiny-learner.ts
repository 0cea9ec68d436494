import { Rng, Stream } from '../../core/rng.js';
import type { DataBunch, ImageBatch, PassOptions, SplitName } from '../../data/batch.js';
import { DEFAULT_FRAMING } from '../../data/framing.js';
import { countBatches, passOrder, resolvePass } from '../../data/pass-plan.js';
import { tiny } from '../../engine/testing/tiny.js';
import { appendFile, readFile, writeFile } from '../../runtime/node/files.js';
import { LocalDevice } from '../../runtime/node/local-device.js';
import type { LearnerHost } from '../host.js';
import { Learner, type LearnerOptions } from '../learner.js';
import { accuracy } from '../metrics/index.js';

const COUNTS: Readonly<Record<SplitName, number>> = { train: 28, valid: 12, test: 0 };
const CLASSES = ['red', 'green', 'blue'];

/** Pictures that are made when they are asked for: noise, with one channel brighter. */
export class TinyData implements DataBunch {
  readonly task = 'single-label';
  readonly classes = CLASSES;
  readonly size: number = 16;
  readonly bs = 8;
  readonly seed = 5;
  readonly framing = DEFAULT_FRAMING;
  readonly transforms = { train: [], valid: [] };
  /** Sides of the pictures of each training pass. */
  readonly sizes: number[] = [];
  readonly notices: string[] = [];

  length(split: SplitName): number {
    return COUNTS[split];
  }

  batchCount(split: SplitName, options: PassOptions = {}): number {
    return countBatches(COUNTS[split], resolvePass(split, COUNTS[split], this, options));
  }

  order(split: SplitName, options: PassOptions = {}): Int32Array {
    return passOrder(COUNTS[split], this.seed, resolvePass(split, COUNTS[split], this, options));
  }

  async *batches(split: SplitName, options: PassOptions = {}): AsyncGenerator<ImageBatch> {
    const pass = resolvePass(split, COUNTS[split], this, options);
    if (split === 'train') this.sizes.push(pass.size);
    const order = this.order(split, options);
    const labels = this.labels(split);
    const total = countBatches(COUNTS[split], pass);
    for (let b = pass.startBatch; b < total; b++) {
      const indices = order.slice(b * pass.batchSize, (b + 1) * pass.batchSize);
      const plane = pass.size ** 2;
      const images = new Uint8Array(indices.length * 3 * plane);
      indices.forEach((index, k) => {
        const rng = new Rng(this.seed, Stream.sample, split === 'train' ? 0 : 1, index, pass.epoch);
        for (let i = 0; i < 3 * plane; i++) {
          const bright = Math.floor(i / plane) === labels[index] ? 60 : 0;
          images[k * 3 * plane + i] = bright + rng.int(150);
        }
      });
      yield { images, labels: indices.map((i) => labels[i] ?? 0), indices, n: indices.length };
    }
  }

  isLabelled(split: SplitName): boolean {
    return COUNTS[split] > 0;
  }

  labels(split: SplitName): Int32Array {
    return Int32Array.from({ length: COUNTS[split] }, (_, i) => i % CLASSES.length);
  }

  targets(): Float32Array {
    return new Float32Array();
  }

  file(split: SplitName, index: number): string {
    return `${split}/${index}`;
  }

  notice(message: string): void {
    this.notices.push(message);
  }

  async close(): Promise<void> {}
}

/** A learner that takes milliseconds a step; all layers are trained, from the same random weights each time. */
export function tinyLearner(
  options: LearnerOptions = {},
  data = new TinyData(),
  createDevice: LearnerHost['createDevice'] = () => new LocalDevice(),
): Promise<Learner> {
  const none = () => Promise.reject(new Error('there are none here'));
  const host = {
    createDevice,
    choices: { recall: async () => undefined, remember: async () => {} },
    loadImage: none,
    readWeights: none,
    pretrainedWeights: none,
    ...{ readFile, writeFile, appendFile },
  };
  return Learner.create(data, tiny, host, { metrics: [accuracy], head: { hidden: 16 }, ...options });
}
