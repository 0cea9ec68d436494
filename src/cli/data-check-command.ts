import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions } from './fields.js';

const CheckOptions = z.object({
  valid: z.string().min(1, { error: 'must name a folder' }).optional(),
  strict: z.boolean().default(false),
  json: z.boolean().default(false),
  html: z.string().min(1, { error: 'must name a file' }).optional(),
  quiet: z.boolean().default(false),
});

export type CheckOptions = z.infer<typeof CheckOptions>;

export function dataCheckCommand(): Command {
  return new Command('check')
    .description(
      'find what is wrong with a set: damaged files, duplicates, leaks between splits, classes without pictures',
    )
    .argument('<data>', 'folder or .tgz, .tar, .zip, laid out as for train')
    .option('--valid <name>', 'folder to validate on (default: valid, val, validation or test)')
    .option('--strict', 'exit with 1 for warnings, too, not only for errors')
    .option('--json', 'print the report as JSON')
    .option('--html <file>', 'also write the report, with pictures, as a page of HTML')
    .option('--quiet', 'show no progress')
    .addHelpText('after', '\nExit codes: 0 if there are no errors, 1 if there are, 2 for a wrong call.')
    .action(async (data: string, raw: Record<string, unknown>) => {
      const options = parseOptions(CheckOptions, raw);
      // What decodes pictures is loaded only now, so that help and mistakes show at once.
      const { dataCheck } = await import('./data-check.js');
      process.exitCode = await dataCheck(data, options);
    });
}
