import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions } from './fields.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';

const ReportOptions = z.object({
  out: z.string().min(1, { error: 'must name a file' }).optional(),
  json: z.boolean().default(false),
});
export type ReportOptions = z.infer<typeof ReportOptions>;

export function reportCommand(): Command {
  return checkedBy(new Command('report'), ReportOptions.shape)
    .description('write the report of a finished run anew, as one page of HTML; nothing is trained or decoded')
    .argument('<run>', "a run's folder")
    .addOption(option('--out <file>', 'where the page goes (default: report.html in the folder)'))
    .addOption(option('--json', 'print where it is as JSON'))
    .action(async (run: string, raw: Record<string, unknown>) => {
      const options = parseOptions(ReportOptions, raw);
      const { report } = await import('./report.js');
      await report(run, options);
    });
}
