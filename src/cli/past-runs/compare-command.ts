import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions } from '../fields.js';
import { checkedBy } from '../option-schemas.js';

const CompareOptions = z.object({
  metric: z.string().min(1).optional(),
  html: z.string().min(1, { error: 'must name a file' }).optional(),
  json: z.boolean().default(false),
});
export type CompareOptions = z.infer<typeof CompareOptions>;

export function compareCommand(): Command {
  return checkedBy(new Command('compare'), CompareOptions.shape)
    .description(
      'show what differs between runs, and whether it is more than noise; the first is what others are compared with',
    )
    .argument('<runs...>', 'folders of runs, or their names in the folder runs')
    .option('--metric <name>', 'only this metric')
    .option('--html <file>', 'also write the comparison, with curves, as a page of HTML')
    .option('--json', 'print the comparison as JSON')
    .action(async (names: readonly string[], raw: Record<string, unknown>) => {
      const options = parseOptions(CompareOptions, raw);
      const { compare } = await import('./compare.js');
      await compare(names, options);
    });
}
