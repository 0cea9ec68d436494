import { planesUri } from '../audit/index.js';
import { UserError } from '../core/errors.js';
import type { ImageDataBunch } from '../data/index.js';
import { heated, heatMap, WARM } from '../interpret/index.js';
import { runPage } from '../report/page/run-page.js';
import type { Learner } from '../train/learner.js';
import { measuredIn, readRun } from './read-run.js';
import { type HeatPicture, reportPictures } from './report-pictures.js';
import type { RunFolder } from './run-folder.js';
import type { Summary } from './summary.js';

/**
 * Keeps the pictures that a report shows, and writes it. Results stand whatever comes of it: what is wrong is only told.
 *
 * @param warn is told why there is no report
 */
export async function writeReport(
  folder: RunFolder,
  summary: Summary,
  { data, learner }: { readonly data: ImageDataBunch; readonly learner: Learner },
  warn: (text: string) => void,
): Promise<void> {
  try {
    const measured = await measuredIn(folder.path, summary);
    await folder.writeJson('reportPictures', await reportPictures(data, measured, heatOf(learner)));
    await folder.write('report', runPage(await readRun(folder.path)));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(`${error.message}: there is no report, all other results are whole`);
  }
}

/** Grad-CAM of a learner's network; a regression's values have no class to explain, and some networks have no layer that lies over the picture. */
function heatOf(learner: Learner): HeatPicture | undefined {
  if (learner.data.task === 'regression') return undefined;
  return async (file, label) => {
    try {
      const { picture, values, size } = await heatMap(learner, file, { label });
      return await planesUri(heated(picture, values, WARM), size);
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  };
}
