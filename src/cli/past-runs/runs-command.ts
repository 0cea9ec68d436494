import { Command } from 'commander';
import { z } from 'zod';
import { RUN_STATES } from '../../report/run-facts.js';
import { parseOptions, UsageError, wholeNumber, word } from '../fields.js';
import { option } from '../option.js';
import { checkedBy } from '../option-schemas.js';
import { compareCommand } from './compare-command.js';

const SORTS = ['date', 'name', 'metric', 'time'] as const;

const RunsOptions = z.object({
  state: word(RUN_STATES).optional(),
  arch: z.string().optional(),
  data: z.string().optional(),
  name: z.string().optional(),
  metric: z.string().min(1).optional(),
  sort: word(SORTS),
  reverse: z.boolean().default(false),
  limit: wholeNumber(1).optional(),
  long: z.boolean().default(false),
  json: z.boolean().default(false),
  csv: z.boolean().default(false),
});
export type RunsOptions = z.infer<typeof RunsOptions>;

export function runsCommand(): Command {
  return checkedBy(new Command('runs'), RunsOptions.shape)
    .description('list training runs; runs compare shows several side by side')
    .argument('[folder]', 'folder that is looked through', 'runs')
    .addOption(option('--state <state>', `only those that are ${RUN_STATES.join(', ')}`))
    .addOption(option('--arch <text>', 'only networks with this in their name'))
    .addOption(option('--data <text>', 'only sets with this in their name'))
    .addOption(option('--name <text>', 'only runs with this in their name'))
    .addOption(option('--metric <name>', 'the metric to show and to sort by (default: the first of each run)'))
    .addOption(option('--sort <key>', `one of ${SORTS.join(', ')}; the best metric comes first`, SORTS[0]))
    .addOption(option('--reverse', 'the other way round'))
    .addOption(option('--limit <n>', 'the first n only'))
    .addOption(option('--long', 'also print the commands'))
    .addOption(option('--json', 'print everything as JSON'))
    .addOption(option('--csv', 'print a CSV table'))
    .enablePositionalOptions()
    .addCommand(compareCommand())
    .action(async (folder: string, raw: Record<string, unknown>) => {
      const options = parseOptions(RunsOptions, raw);
      if (options.json && options.csv) throw new UsageError('take --json or --csv, not both');
      const { listRuns } = await import('./list-runs.js');
      await listRuns(folder, options);
    });
}
