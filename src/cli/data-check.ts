import { basename, resolve } from 'node:path';
import { checkData, pathOf, thumbnailUri } from '../audit/index.js';
import { dataPage } from '../report/data-page.js';
import { dataReportText } from '../report/data-report-text.js';
import { writeFile } from '../runtime/node/files.js';
import type { CheckOptions } from './data-check-command.js';
import { dataProgress } from './data-progress.js';
import { ProgressLine } from './progress-line.js';

/** Prints what is wrong with a set of pictures; gives 1 if there are errors (or, with `strict`, warnings), else 0. */
export async function dataCheck(data: string, { valid, strict, json, html, quiet }: CheckOptions): Promise<number> {
  const line = new ProgressLine(!quiet);
  try {
    const report = await checkData(data, { valid, onProgress: dataProgress(line).onData });
    line.clear();
    if (html !== undefined) {
      const page = await dataPage(report, basename(resolve(data)), (file) => thumbnailUri(pathOf(report, file)));
      await writeFile(html, page);
    }
    process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : dataReportText(report)}\n`);
    return report.errors > 0 || (strict && report.warnings > 0) ? 1 : 0;
  } finally {
    line.clear();
  }
}
