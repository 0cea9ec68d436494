import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getTransforms, ImageDataBunch } from '#onecycle/index.js';
import { table } from './table.js';

export interface LoaderOptions {
  /** Folder or archive of pictures, as `onecycle train` takes it. */
  readonly data: string;
  readonly size: number;
  /** Threads that render, one run for each. */
  readonly workers: readonly number[];
}

/** Pictures after which the rate is known well enough. */
const LIMIT = 20000;

/** Prints how soon the loader is ready, with decoded pictures kept from before and without, and what it then delivers. */
export async function benchLoader(o: LoaderOptions): Promise<void> {
  const rows: string[][] = [];
  const home = mkdtempSync(join(tmpdir(), 'onecycle-loader-'));
  process.env.ONECYCLE_HOME = home;
  try {
    // Unpacking an archive is no part of what is measured.
    await (await open(o, 0)).close();
    for (const [i, workers] of o.workers.entries()) {
      rows.push(await measure(o, workers, i > 0));
    }
    const [first] = o.workers;
    if (first !== undefined) rows.push(await measure(o, first, true));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  console.log(`\nthe loader alone, fastai's default transforms, ${o.size} px`);
  console.log(table(['', 'threads', 'index', 'decoding', 'img/s decoded', 'first batch', 'img/s augmented'], rows));
}

function open(o: LoaderOptions, workers: number): Promise<ImageDataBunch> {
  return ImageDataBunch.fromFolder(o.data, { size: o.size, dsTfms: getTransforms(), workers, prepare: false });
}

/** @param kept whether an earlier run has left decoded pictures, which are then only opened */
async function measure(o: LoaderOptions, workers: number, kept: boolean): Promise<string[]> {
  let last = performance.now();
  const lap = () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
  const data = await open(o, workers);
  try {
    const index = lap();
    await data.prepare();
    const decoding = lap();
    const pictures = data.length('train') + data.length('valid') + data.length('test');
    let [rendered, firstBatch] = [0, 0];
    for await (const batch of data.batches('train', { epoch: 0 })) {
      if (firstBatch === 0) {
        firstBatch = lap();
        continue;
      }
      rendered += batch.n;
      if (rendered >= LIMIT) break;
    }
    const rate = rendered / lap();
    const s = (seconds: number) => `${seconds.toFixed(2)} s`;
    const speed = kept ? '' : (pictures / decoding).toFixed(0);
    const what = kept ? 'decoded pictures kept' : 'nothing kept';
    return [what, String(workers), s(index), s(decoding), speed, s(firstBatch), rate.toFixed(0)];
  } finally {
    await data.close();
  }
}
