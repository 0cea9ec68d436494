import { Command } from 'commander';
import { z } from 'zod';
import { addAugmentation } from './augmentation.js';
import { addNetwork, chosenOptions } from './chosen-options.js';
import { checkpointEvery, flagOf, parseOptions, UsageError } from './fields.js';
import { sameNetwork } from './network.js';
import { addObjective } from './objective.js';
import { option } from './option.js';
import { addPictures } from './pictures.js';
import { RunFolder } from './run-folder.js';
import { addSource, namedSource } from './source.js';
import { TRAIN_DEFAULTS, TrainOptions } from './train-options.js';
import { TrainReporter } from './train-reporter.js';
import type { TrainJob } from './train-run.js';
import { addTraining } from './training.js';

/** Flags that say how a run is shown and where it goes, not what it computes: they may stand beside `--resume`. */
const FREE = new Set(['resume', 'quiet', 'json', 'workers', 'checkpointEvery', 'force', 'report', 'plot']);

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

export function trainCommand(): Command {
  const d = TRAIN_DEFAULTS;
  const command = new Command('train')
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
    .action(async (data: string | undefined, _options: unknown, command: Command) => {
      process.exitCode = await train(data, command);
    });
}

async function train(data: string | undefined, command: Command): Promise<number> {
  const raw: Record<string, unknown> = command.opts();
  const shown = parseOptions(Shown, raw);
  if (shown.plot && (shown.quiet || shown.json)) {
    throw new UsageError('--plot draws on standard output, which --quiet and --json keep free; leave one out');
  }
  const job =
    shown.resume === undefined ? await newJob(data, raw, shown) : await resumedJob(data, shown.resume, shown, command);
  const reporter = new TrainReporter(
    { talk: !shown.quiet && !shown.json, progress: !shown.quiet, plot: shown.plot },
    job.options,
  );
  for (const notice of job.arch.imported?.notices ?? []) reporter.say(notice);
  // What trains is loaded only now, so that help and mistakes show at once.
  const { trainRun } = await import('./train-run.js');
  const { exitCode, summary } = await trainRun(job, reporter);
  if (summary === undefined) return exitCode;
  if (shown.json) reporter.print(JSON.stringify(summary, undefined, 2));
  else {
    reporter.results(summary.results);
    reporter.say(`results are in ${job.folder.path}`);
  }
  return exitCode;
}

async function newJob(
  data: string | undefined,
  raw: Readonly<Record<string, unknown>>,
  shown: z.infer<typeof Shown>,
): Promise<TrainJob> {
  if (data === undefined) throw new UsageError('name a folder or archive of pictures to train on, or --resume a run');
  const { options, arch } = await chosenOptions(data, raw, shown.quiet);
  const folder = await (shown.out === undefined ? RunFolder.createNew(data) : RunFolder.create(shown.out, shown.force));
  const { checkpointEvery, report } = shown;
  return { options, arch, folder, command: process.argv.slice(2), checkpointEvery, report, resumed: undefined };
}

async function resumedJob(
  data: string | undefined,
  path: string,
  { checkpointEvery, force, report }: z.infer<typeof Shown>,
  command: Command,
): Promise<TrainJob> {
  for (const { attributeName } of command.options.map((o) => ({ attributeName: o.attributeName() }))) {
    if (!FREE.has(attributeName) && command.getOptionValueSource(attributeName) === 'cli') {
      throw new UsageError(`--resume takes its options from the run: leave ${flagOf(attributeName)} out`);
    }
  }
  const { folder, started } = await RunFolder.open(path);
  const workers = command.getOptionValueSource('workers') === 'cli' ? { workers: command.opts().workers } : {};
  // Pictures that have moved since can be named anew.
  const moved = data === undefined ? {} : namedSource(data);
  const options = parseOptions(TrainOptions, { ...started.options, ...workers, ...moved });
  const arch = await sameNetwork(options.arch, options.archSha256);
  const resumed = { data: started.data, anyData: force };
  return { options, arch, folder, command: started.command, checkpointEvery, report, resumed };
}
