import { checkSheetName, drawBatch } from '../show-batch.js';
import { transformsOf } from './augmentation.js';
import { dataProgress } from './data-progress.js';
import type { ShowOptions } from './data-show-command.js';
import { openSource } from './open-source.js';
import { ProgressLine } from './progress-line.js';

/** Draws the sheet that the options ask for, and says where it is. */
export async function dataShow(o: ShowOptions): Promise<void> {
  checkSheetName(o.out);
  const line = new ProgressLine(!o.quiet);
  let shown: object;
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
      const { rows, cols: columns, split, epoch, out: file } = o;
      const { tiles } = await drawBatch(data, { rows, columns, split, epoch, file });
      const pictures = tiles.map((tile) => ({ file: tile.file, label: tile.label }));
      shown = { file, split, epoch, size: data.size, pictures };
    } finally {
      await data.close();
    }
  } finally {
    line.clear();
  }
  process.stdout.write(`${o.json ? JSON.stringify(shown, undefined, 2) : o.out}\n`);
}
