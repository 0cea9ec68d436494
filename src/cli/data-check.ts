import { basename } from 'node:path';
import { checkData, pathOf, thumbnailUri } from '../audit/index.js';
import { dataPage } from '../report/data-page.js';
import { dataReportText } from '../report/data-report-text.js';
import { writeFile } from '../runtime/node/files.js';
import type { CheckOptions } from './data-check-command.js';
import { dataProgress } from './data-progress.js';
import { readSource } from './open-source.js';
import { ProgressLine } from './progress-line.js';
import type { SourceOptions } from './source.js';

/** Prints what is wrong with a set of pictures; gives 1 if there are errors (or, with `strict`, warnings), else 0. */
export async function dataCheck(
  source: SourceOptions,
  { model: named, strict, json, html, quiet }: CheckOptions,
): Promise<number> {
  const { data, valid, test, labelCol: labelColumn, imageCol: imageColumn } = source;
  const line = new ProgressLine(!quiet);
  const { onData: onProgress } = dataProgress(line);
  const model = named === undefined ? undefined : await (await import('./label-model.js')).openLabelModel(named, data);
  try {
    const set = (await readSource(source, onProgress)) ?? data;
    const report = await checkData(set, { valid, test, labelColumn, imageColumn, model, onProgress });
    line.clear();
    if (html !== undefined) {
      const page = await dataPage(report, basename(data), (file) => thumbnailUri(pathOf(report, file)));
      await writeFile(html, page);
    }
    process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : dataReportText(report)}\n`);
    return report.errors > 0 || (strict && report.warnings > 0) ? 1 : 0;
  } finally {
    line.clear();
    await model?.close();
  }
}
