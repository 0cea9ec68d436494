import { resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { bringKnownSet, knownSetNamed } from './bring-known-set.js';
import { parseOptions } from './fields.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';
import { addLabels, checkSource, labelFields, namedSource } from './source.js';
import { TRAIN_DEFAULTS } from './train-options.js';

const folder = () => z.string().min(1, { error: 'must name a folder' }).optional();

const CheckOptions = z.object({
  data: z.string(),
  valid: folder(),
  test: folder(),
  ...labelFields,
  model: z.string().min(1, { error: 'must name a model.onnx or the folder of a run' }).optional(),
  strict: z.boolean().default(false),
  json: z.boolean().default(false),
  html: z.string().min(1, { error: 'must name a file' }).optional(),
  quiet: z.boolean().default(false),
});

export type CheckOptions = z.infer<typeof CheckOptions>;

export function dataCheckCommand(): Command {
  const command = checkedBy(new Command('check'), CheckOptions.shape)
    .description(
      'find what is wrong with a set: damaged files, duplicates, leaks between splits, classes without pictures, doubtful labels',
    )
    .argument('<data>', 'folder, .tgz, .tar, .zip, .csv or known set, as for train')
    .addOption(option('--valid <name>', 'folder to validate on (default: valid, val, validation or test)'))
    .addOption(option('--test <name>', 'folder of a test set (default: test)'))
    .addOption(option('--model <file>', 'model.onnx, or the folder of a run: also find labels that this model doubts'))
    .addOption(option('--strict', 'exit with 1 for warnings, too, not only for errors'))
    .addOption(option('--json', 'print the report as JSON'))
    .addOption(option('--html <file>', 'also write the report, with pictures, as a page of HTML'))
    .addOption(option('--quiet', 'show no progress'));
  return addLabels(command, option)
    .addHelpText('after', '\nExit codes: 0 if there are no errors, 1 if there are, 2 for a wrong call.')
    .action(async (data: string, raw: Record<string, unknown>) => {
      const csv = typeof raw.csv === 'string' ? { csv: resolve(raw.csv) } : {};
      const options = parseOptions(CheckOptions, { ...raw, ...csv, ...namedSource(resolve(data)) });
      const { seed, validPct } = TRAIN_DEFAULTS;
      const source = { ...options, seed, validPct, stratify: false, balance: 'none' } as const;
      checkSource(source);
      const set = await knownSetNamed(data);
      const path = set === undefined ? options.data : await bringKnownSet(set, !options.quiet);
      // What decodes pictures is loaded only now, so that help and mistakes show at once.
      const { dataCheck } = await import('./data-check.js');
      process.exitCode = await dataCheck({ ...source, data: path }, options);
    });
}
