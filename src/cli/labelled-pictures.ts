import type { Command } from 'commander';
import type { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { ImageDataBunch, SplitName } from '../data/index.js';
import { noTransforms } from '../data/transforms.js';
import type { ExportedInfo } from '../exported/metadata.js';
import { bringKnownSet, knownSetNamed } from './bring-known-set.js';
import { dataProgress } from './data-progress.js';
import { flagOf, parseOptions, UsageError } from './fields.js';
import { LabelledSourceFields, type Measured } from './labelled-options.js';
import { openSource } from './open-source.js';
import type { ProgressLine } from './progress-line.js';
import { runOptions } from './run-options.js';
import { checkSource, namedSource } from './source.js';

type Source = z.infer<typeof LabelledSourceFields>;

/** Where the pictures come from. */
export interface LabelledSource {
  readonly source: Source;
  readonly split: Measured | undefined;
  /** Whether they are a run's: then splits are drawn as it drew them. */
  readonly ofRun: boolean;
}

/**
 * The pictures that a command names, or those of the run whose model it is.
 *
 * @param run the run's folder
 * @throws {UsageError} if there are neither, or options for pictures that are not named
 */
export async function labelledSource(
  data: string | undefined,
  run: string | undefined,
  command: Command,
  { quiet, split }: { readonly quiet: boolean; readonly split?: Measured | undefined },
): Promise<LabelledSource> {
  const raw: Record<string, unknown> = command.opts();
  if (data !== undefined) {
    const set = await knownSetNamed(data);
    const named = namedSource(data);
    if (named.csv !== undefined && raw.csv !== undefined) throw new UsageError('name one CSV file, not two');
    const source = parseOptions(LabelledSourceFields, { ...raw, ...named });
    checkSource(source);
    return {
      source: set === undefined ? source : { ...source, data: await bringKnownSet(set, !quiet) },
      split,
      ofRun: false,
    };
  }
  if (run === undefined) {
    throw new UsageError('name labelled pictures, or the folder of a run to take those that it was validated on');
  }
  for (const name of Object.keys(LabelledSourceFields.shape)) {
    if (name !== 'workers' && command.getOptionValueSource(name) === 'cli') {
      throw new UsageError(`the pictures are those of the run: leave ${flagOf(name)} out, or name pictures`);
    }
  }
  const { workers } = parseOptions(LabelledSourceFields.pick({ workers: true }), raw);
  const source = { ...LabelledSourceFields.parse({ ...(await runOptions(run)) }), workers };
  return { source, split, ofRun: true };
}

/** Pictures that a model takes, and the splits that it is measured on. */
export interface LabelledPictures {
  readonly data: ImageDataBunch;
  readonly splits: readonly SplitName[];
}

/**
 * Opens the pictures as the model takes them. Without a split, it is measured on the test set, where there is none on the validation set,
 * and where nothing is split, on all.
 */
export async function openLabelled(
  { source, split, ofRun }: LabelledSource,
  { size, framing, transforms }: ExportedInfo,
  line: ProgressLine,
): Promise<LabelledPictures> {
  const data = await openSource(source, {
    ...{ size, ...framing, seed: source.seed, workers: source.workers },
    ...{ corrupt: source.corrupt, truncated: source.truncated, maxPixels: source.maxPixels },
    ...{ limitPerClass: source.limitPerClass, validLimitPerClass: source.validLimitPerClass },
    onlyMeasured: !ofRun && (split === undefined || split === 'all'),
    dsTfms: { train: transforms, valid: noTransforms.valid },
    onProgress: dataProgress(line).onData,
  });
  const has = (name: SplitName) => data.length(name) > 0 && data.isLabelled(name);
  try {
    return { data, splits: chosen(split, has) };
  } catch (error) {
    await data.close();
    throw error;
  }
}

function chosen(split: Measured | undefined, has: (name: SplitName) => boolean): readonly SplitName[] {
  const there = (['train', 'valid', 'test'] as const).filter(has);
  if (split === 'all') return there;
  const one = split ?? (['test', 'valid', 'train'] as const).find(has);
  if (one !== undefined && there.includes(one)) return [one];
  throw new UserError(
    `there are no labelled pictures in the ${one ?? 'test'} split; there are some in ${there.join(', ') || 'none'}`,
  );
}
