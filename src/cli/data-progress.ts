import type { OnProgress, Progress } from '../data/index.js';
import type { OnDownload } from '../runtime/download.js';
import type { ProgressLine } from './progress-line.js';
import { TimeLeft } from './time-left.js';

const LABELS: Readonly<Record<Progress['stage'], string>> = {
  unpack: 'unpacking (bytes)',
  decode: 'reading pictures',
  compare: 'comparing pictures',
  judge: 'asking the model',
};

/** Shows on a line how far downloading, unpacking and reading pictures have come. */
export function dataProgress(line: ProgressLine): { readonly onData: OnProgress; readonly onDownload: OnDownload } {
  const left = new TimeLeft();
  return {
    onData: ({ stage, done, total }) => {
      const label = LABELS[stage];
      line.show({ label, done, total, left: left.update(stage, done, total, 0) });
    },
    onDownload: ({ file, done, total = done }) => {
      const label = `downloading ${file} (bytes)`;
      line.show({ label, done, total, left: left.update(label, done, total, 0) });
    },
  };
}
