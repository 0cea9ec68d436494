import { resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { MAX_SIZE } from '../data/check.js';
import { addAugmentation, augmentationFields, checkAugmentation } from './augmentation.js';
import { bringKnownSet, knownSetNamed } from './bring-known-set.js';
import { numberBetween, parseOptions, wholeNumber, word } from './fields.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';
import { addSource, checkSource, namedSource, sourceFields } from './source.js';
import { TRAIN_DEFAULTS } from './train-options.js';

const SPLITS = ['train', 'valid', 'test'] as const;

const ShowOptions = z.object({
  data: z.string(),
  out: z.string().min(1, { error: 'must name a file' }),
  rows: wholeNumber(1, 50),
  cols: wholeNumber(1, 50),
  split: word(SPLITS),
  epoch: wholeNumber(0),
  size: wholeNumber(1, MAX_SIZE).optional(),
  seed: wholeNumber(0),
  valid: z.string().optional(),
  validPct: numberBetween(0, 1),
  limitPerClass: wholeNumber(1).optional(),
  ...augmentationFields,
  ...sourceFields,
  quiet: z.boolean().default(false),
  json: z.boolean().default(false),
});

export type ShowOptions = z.infer<typeof ShowOptions>;

export function dataShowCommand(): Command {
  const command = checkedBy(new Command('show'), ShowOptions.shape)
    .description('draw a sheet of augmented training pictures with their labels, as training sees them')
    .argument('<data>', 'folder, .tgz, .tar, .zip, .csv or known set, as for train')
    .addOption(option('--out <file>', 'where the sheet goes: .png, .svg or .html', 'batch.png'))
    .addOption(option('--rows <n>', 'rows of pictures', 4))
    .addOption(option('--cols <n>', 'pictures in a row', 4))
    .addOption(option('--split <name>', `one of ${SPLITS.join(', ')}; only train is augmented`, SPLITS[0]))
    .addOption(option('--epoch <n>', 'which pass over the pictures: others are drawn, and altered otherwise', 0))
    .addOption(option('--size <pixels>', 'side of the square pictures (default: from the pictures)'))
    .addOption(option('--seed <n>', 'the same seed shows the same pictures', TRAIN_DEFAULTS.seed))
    .addOption(option('--valid <name>', 'folder to validate on (default: valid, val, validation or test)'))
    .addOption(option('--valid-pct <share>', 'without such a folder, the share drawn', TRAIN_DEFAULTS.validPct))
    .addOption(option('--limit-per-class <n>', 'only the first n training pictures of each class'))
    .addOption(option('--quiet', 'show no progress'))
    .addOption(option('--json', 'print where the sheet is, and the pictures on it, as JSON'));
  return addAugmentation(addSource(command, option), option).action(
    async (data: string, raw: Record<string, unknown>) => {
      const csv = typeof raw.csv === 'string' ? { csv: resolve(raw.csv) } : {};
      const options = parseOptions(ShowOptions, { ...raw, ...csv, ...namedSource(resolve(data)) });
      checkAugmentation(options);
      checkSource(options);
      const set = await knownSetNamed(data);
      const path = set === undefined ? options.data : await bringKnownSet(set, !options.quiet);
      // What decodes pictures is loaded only now, so that help and mistakes show at once.
      const { dataShow } = await import('./data-show.js');
      await dataShow({ ...options, data: path });
    },
  );
}
