import { z } from 'zod';
import type { ClassificationInterpretation } from '../../interpret/index.js';
import type { Predictions } from '../../train/metrics/index.js';
import { Progress } from '../../train/recipe-progress.js';
import type { History } from '../../train/recorder.js';

/** The machine that a run was made on. */
export const Environment = z.object({
  processor: z.string(),
  /** Logical processors that the process may use. */
  cores: z.number(),
  /** Bytes of memory that the machine has. */
  memory: z.number(),
  /** Threads that prepare pictures. */
  workers: z.number(),
});
export type Environment = z.infer<typeof Environment>;

/** `summary.json`; runs of version 0.1 have neither findings nor environment nor counts. */
export const RunSummary = z.object({
  command: z.array(z.string()),
  options: z.record(z.string(), z.unknown()),
  seed: z.number(),
  versions: z.record(z.string(), z.string()),
  environment: Environment.optional(),
  data: z.object({
    task: z.enum(['single-label', 'multi-label', 'regression']),
    classes: z.array(z.string()),
    train: z.number(),
    valid: z.number(),
    test: z.number(),
    /** Pictures of each class by split; of a regression none. */
    counts: z.record(z.string(), z.array(z.number())).optional(),
    skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
  }),
  rates: Progress.shape.rates,
  suggestions: z.record(z.string(), z.number()),
  findings: Progress.shape.findings.optional(),
  epochs: Progress.shape.epochs,
  results: Progress.shape.results,
  seconds: z.record(z.string(), z.number()),
});
export type RunSummary = z.infer<typeof RunSummary>;

const DataUri = z.string().regex(/^data:image\/(webp|png|jpeg);base64,[A-Za-z0-9+/=]*$/);

/** Pictures that a report shows, small and ready; kept with a run so that a report can be written without them. */
export const ReportPictures = z.object({
  /** Training pictures as they are. */
  samples: z.array(z.object({ label: z.string(), file: z.string(), uri: DataUri })),
  /** Training pictures as the network sees them in several passes. */
  augmented: z.array(z.object({ label: z.string(), file: z.string(), uris: z.array(DataUri) })),
  /** The pictures that were got most wrong, by split and place in it; with what the network looked at. */
  worst: z.array(z.object({ split: z.string(), index: z.number(), uri: DataUri, heat: DataUri.optional() })),
});
export type ReportPictures = z.infer<typeof ReportPictures>;

/** What is known of each picture of a split. */
export interface MeasuredSplit {
  readonly split: 'valid' | 'test';
  /** Paths below the folder that all pictures share. */
  readonly files: readonly string[];
  /** Whether the predictions are with test-time augmentation. */
  readonly tta: boolean;
  /** Of classes. */
  readonly interpretation?: ClassificationInterpretation | undefined;
  /** Of a regression: values and what is true, [n, outputs]. */
  readonly regression?: { readonly preds: Predictions; readonly targets: Float32Array } | undefined;
}

/** All that the page of a run tells. */
export interface RunReport {
  /** The run's name: its folder's. */
  readonly name: string;
  /** When it began, as ISO 8601 tells it. */
  readonly started?: string | undefined;
  readonly summary: RunSummary;
  /** The command as it can be typed into a shell. */
  readonly command: string;
  readonly history?: Pick<History, 'losses' | 'lrs' | 'moms' | 'epochEnds' | 'epochs'> | undefined;
  readonly measured: readonly MeasuredSplit[];
  readonly pictures?: ReportPictures | undefined;
}

/** The split that errors are told of: what chose nothing, if there is such a set. */
export function mainSplit({ measured }: Pick<RunReport, 'measured'>): MeasuredSplit | undefined {
  return measured.find(({ split }) => split === 'test') ?? measured[0];
}

/** How many of the worst errors are shown. */
export const WORST_SHOWN = 12;
