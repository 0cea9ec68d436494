import { extname } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { addAugmentation } from './augmentation.js';
import { addNetwork, chosenOptions } from './chosen-options.js';
import { numberBetween, parseOptions, UsageError, wholeNumber } from './fields.js';
import { addLoss } from './objective.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';
import { addPictures } from './pictures.js';
import { addSource } from './source.js';
import { TRAIN_DEFAULTS, TrainOptions } from './train-options.js';
import { addOptimizer } from './training.js';

/** What is the finder's own; all else is as `train` has it. */
export const FinderFields = z.object({
  startLr: numberBetween(0, 1000),
  endLr: numberBetween(0, 1000),
  numIt: wholeNumber(2, 100_000),
  unfrozen: z.boolean().default(false),
  out: z
    .string()
    .refine((file) => ['.svg', '.png'].includes(extname(file).toLowerCase()), { error: 'must end in .svg or .png' })
    .optional(),
  plot: z.boolean().default(false),
  quiet: z.boolean().default(false),
  json: z.boolean().default(false),
});
export type FinderOptions = z.infer<typeof FinderFields>;

export function lrFindCommand(): Command {
  const command = checkedBy(new Command('lr-find'), { ...TrainOptions.shape, ...FinderFields.shape })
    .description('try rising learning rates on some batches, and tell which to train with; nothing is trained')
    .argument('<data>', 'folder, archive, .csv or known set, as for train')
    .optionsGroup('Finder:')
    .addOption(option('--start-lr <rate>', 'the first rate', 1e-7))
    .addOption(option('--end-lr <rate>', 'the last rate, if the loss does not explode before it', 10))
    .addOption(option('--num-it <n>', 'batches at most', 100))
    .addOption(option('--unfrozen', 'train all layers, not the head alone'));
  addLoss(addSource(addPictures(addNetwork(command)), option));
  return addAugmentation(addOptimizer(command), option)
    .optionsGroup('Results:')
    .addOption(option('--out <file>', 'write the curve as a plot: .svg or .png'))
    .addOption(option('--plot', 'draw the curve in the terminal'))
    .addOption(option('--quiet', 'show no progress'))
    .addOption(option('--json', 'print JSON instead of words'))
    .action(async (data: string, raw: Record<string, unknown>) => {
      const finder = parseOptions(FinderFields, raw);
      if (finder.startLr >= finder.endLr) throw new UsageError('--start-lr must be below --end-lr');
      if (finder.plot && finder.json) {
        throw new UsageError('--plot draws on standard output, which --json keeps free; leave one out');
      }
      // What only a whole run needs is as it is there.
      const { options, arch } = await chosenOptions(data, { ...TRAIN_DEFAULTS, tta: false, ...raw }, finder.quiet);
      // What trains is loaded only now, so that help and mistakes show at once.
      const { lrFind } = await import('./lr-find.js');
      process.exitCode = await lrFind(options, arch, finder);
    });
}
