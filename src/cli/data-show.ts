import { checkSheetName, showBatch } from '../show-batch.js';
import { transformsOf } from './augmentation.js';
import { dataProgress } from './data-progress.js';
import type { ShowOptions } from './data-show-command.js';
import { openSource } from './open-source.js';
import { ProgressLine } from './progress-line.js';

/** Draws the sheet that the options ask for, and says where it is. */
export async function dataShow(o: ShowOptions): Promise<void> {
  checkSheetName(o.out);
  const line = new ProgressLine(!o.quiet);
  try {
    const data = await openSource(o, {
      size: o.size,
      seed: o.seed,
      limitPerClass: o.limitPerClass,
      resizeMethod: o.resize,
      paddingMode: o.padding,
      dsTfms: transformsOf(o),
      onProgress: dataProgress(line).onData,
    });
    try {
      await showBatch(data, { rows: o.rows, columns: o.cols, split: o.split, epoch: o.epoch, file: o.out });
    } finally {
      await data.close();
    }
  } finally {
    line.clear();
  }
  process.stdout.write(`${o.out}\n`);
}
