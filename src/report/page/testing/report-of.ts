import { ClassificationInterpretation } from '../../../interpret/index.js';
import type { RunReport, RunSummary } from '../run-report.js';

/** One grey pixel. */
const URI =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';
const estimate = { value: 0.75, low: 0.5, high: 0.9 };

/** A run whose classes and files have names that are HTML. */
export function reportOf(task: RunSummary['data']['task'], classes: readonly string[]): RunReport {
  const n = 2 * classes.length;
  const files = Array.from({ length: n }, (_, i) => `<i>/"${i}".jpg`);
  const data = Float32Array.from({ length: n * classes.length }, (_, at) => {
    const [i, c] = [Math.floor(at / classes.length), at % classes.length];
    return i % classes.length === c ? 0.6 : 0.4 / (classes.length - 1);
  });
  const preds = { data, n, classes: classes.length };
  // The last picture is taken for the class before its own.
  const labels = Int32Array.from(files, (_, i) => (i === n - 1 ? 0 : i % classes.length));
  const targets = Float32Array.from(data, (_, at) =>
    labels[Math.floor(at / classes.length)] === at % classes.length ? 1 : 0,
  );
  const measured =
    task === 'regression'
      ? { regression: { preds, targets } }
      : {
          interpretation: new ClassificationInterpretation({
            ...{ preds, classes, files, plain: preds },
            targets: task === 'single-label' ? labels : targets,
          }),
        };
  return {
    name: 'first & best',
    started: '2026-01-31T17:05:09.000Z',
    command: "onecycle train 'my <pictures>'",
    summary: {
      command: ['onecycle', 'train', 'my <pictures>'],
      options: { arch: 'resnet18', data: '/my <pictures>', size: 64, bs: 8, pretrained: true, validPct: 0.2 },
      seed: 7,
      versions: { onecycle: '1.0.0', node: '20.0.0' },
      environment: { processor: 'Quick <i>', cores: 2, memory: 2 ** 34, workers: 1 },
      data: {
        task,
        classes: [...classes],
        ...{ train: 100, valid: n, test: 0 },
        ...(task === 'regression' ? {} : { counts: { train: classes.map((_, c) => c), valid: classes.map(() => 2) } }),
        skipped: [{ file: '<b>.jpg', reason: 'no picture' }],
      },
      rates: { frozen: 1e-3 },
      suggestions: { frozen: 1e-3 },
      findings: {
        frozen: {
          ...{ lrs: [1e-5, 1e-4, 1e-3, 1e-2], losses: [2, 1.5, 1, 4] },
          ...{ suggestion: 1e-3, edge: 1e-2, steepest: 1e-4, minimum: 1e-3, suggestions: { valley: 1e-4 } },
        },
      },
      epochs: [{ stage: 'frozen', epoch: 0, trainLoss: 1.5, validLoss: 1.25, metrics: { accuracy: 0.75 }, seconds: 3 }],
      results: [{ split: 'valid', pictures: n, plain: { accuracy: estimate }, tta: { accuracy: estimate } }],
      seconds: { frozen: 3, total: 3 },
    },
    history: {
      ...{ losses: [2, 1.5], lrs: [1e-4, 1e-3], moms: [0.9, 0.8], epochEnds: [2] },
      epochs: [{ epoch: 0, trainLoss: 1.5, validLoss: 1.25, metrics: { accuracy: 0.75 }, seconds: 3 }],
    },
    measured: [{ split: 'valid', files, tta: true, ...measured }],
    pictures: {
      samples: [{ label: '<cat>', file: '<i>.jpg', uri: URI }],
      augmented: [{ label: '<cat>', file: '<i>.jpg', uris: [URI, URI] }],
      worst: [{ split: 'valid', index: n - 1, uri: URI, heat: URI }],
    },
  };
}
