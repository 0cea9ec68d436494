import { join } from 'node:path';
import { runPage } from '../report/page/run-page.js';
import { writeFile } from '../runtime/node/files.js';
import { readRun } from './read-run.js';
import type { ReportOptions } from './report-command.js';
import { FILES } from './run-folder.js';

/** Writes the page, and says where it is and what it could not tell. */
export async function report(run: string, { out, json }: ReportOptions): Promise<void> {
  const told = await readRun(run);
  const file = out ?? join(run, FILES.report);
  await writeFile(file, runPage(told));
  const missing = [
    ...(told.measured.length === 0 ? ["the network's answers (confusion, errors, calibration)"] : []),
    ...(told.pictures === undefined ? ['pictures'] : []),
  ];
  if (json) process.stdout.write(`${JSON.stringify({ report: file, missing }, undefined, 2)}\n`);
  else process.stdout.write(`${file}\n`);
  if (missing.length > 0 && !json) process.stderr.write(`onecycle: this run has not kept ${missing.join(' and ')}\n`);
}
