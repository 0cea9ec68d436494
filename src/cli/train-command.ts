import { Command } from 'commander';
import { z } from 'zod';
import { addAugmentation } from './augmentation.js';
import { addNetwork } from './chosen-options.js';
import { checkpointEvery, parseOptions, UsageError } from './fields.js';
import { addObjective } from './objective.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';
import { addPictures } from './pictures.js';
import { addSource } from './source.js';
import { TRAIN_DEFAULTS, TrainOptions } from './train-options.js';
import { addTraining } from './training.js';

/** How a run is shown, and where it goes. */
const Shown = z.object({
  quiet: z.boolean().default(false),
  json: z.boolean().default(false),
  force: z.boolean().default(false),
  report: z.boolean().default(true),
  plot: z.boolean().default(false),
  out: z.string().min(1).optional(),
  resume: z.string().min(1).optional(),
  checkpointEvery: checkpointEvery().optional(),
});
export type Shown = z.infer<typeof Shown>;

export function trainCommand(): Command {
  const d = TRAIN_DEFAULTS;
  const command = checkedBy(new Command('train'), { ...TrainOptions.shape, ...Shown.shape })
    .description('train a classifier on a folder of pictures, by the baseline recipe')
    .argument(
      '[data]',
      'folder or .tgz, .tar, .zip: train/CLASS/… and valid/CLASS/…, or CLASS/… alone; a .csv with pictures beside it; or a set of onecycle data list',
    );
  addNetwork(command)
    .addOption(
      option('--epochs <n>', 'epochs with the body frozen; all epochs where it starts from random weights', d.epochs),
    )
    .addOption(option('--finetune-epochs <n>', 'epochs with all layers trained', d.finetuneEpochs))
    .addOption(option('--lr <rate>', "highest rate of these epochs, or auto for the finder's suggestion", d.lr))
    .addOption(option('--finetune-lr <rate>', 'highest rate of the last layers in fine-tuning, or auto', d.finetuneLr))
    .addOption(
      option(
        '--from <run>',
        'start from the network of an earlier run, head included, at whatever --size: its folder or checkpoint',
      ),
    )
    .addOption(option('--no-tta', 'leave test-time augmentation out'));
  return addAugmentation(addTraining(addObjective(addSource(addPictures(command), option))), option)
    .optionsGroup('Results:')
    .addOption(option('--out <folder>', 'where results go (default: runs/NAME-TIME)'))
    .addOption(
      option('--force', 'replace the results in --out; with --resume, go on although the pictures have changed'),
    )
    .addOption(option('--resume <folder>', 'go on with a run that was stopped; takes all options from it'))
    .addOption(
      option(
        '--checkpoint-every <n>',
        'checkpoints within epochs: every n batches, or with s, m or h such a time (default: 60s, or rarer where that takes over 2 % of the time)',
      ),
    )
    .addOption(option('--no-report', 'leave report.html out'))
    .addOption(option('--plot', "draw the finder's curves and losses in the terminal"))
    .addOption(option('--quiet', 'print the final results only'))
    .addOption(option('--json', 'print the summary as JSON instead of words'))
    .action(async (data: string | undefined, raw: Record<string, unknown>, command: Command) => {
      const shown = parseOptions(Shown, raw);
      if (shown.plot && (shown.quiet || shown.json)) {
        throw new UsageError('--plot draws on standard output, which --quiet and --json keep free; leave one out');
      }
      const { train } = await import('./train.js');
      process.exitCode = await train(data, shown, command);
    });
}
