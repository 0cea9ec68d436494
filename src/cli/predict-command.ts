import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions, share, UsageError, wholeNumber } from './fields.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';
import type { Format } from './predict-format.js';

export const PredictFields = z.object({
  top: wholeNumber(1),
  bs: wholeNumber(1, 4096),
  threshold: share().optional(),
  tta: z.boolean().default(false),
  workers: wholeNumber(0, 256),
  out: z.string().min(1, { error: 'must name a file' }).optional(),
  json: z.boolean().default(false),
  jsonl: z.boolean().default(false),
  csv: z.boolean().default(false),
});

export type PredictOptions = Omit<z.infer<typeof PredictFields>, 'json' | 'jsonl' | 'csv'> & {
  readonly format: Format;
};

export function predictCommand(): Command {
  return checkedBy(new Command('predict'), PredictFields.shape)
    .description('name what pictures show, by a trained model')
    .argument('<model>', "model.onnx of a run, or the run's folder")
    .argument(
      '<files...>',
      "pictures, folders of them, patterns such as 'in/**/*.jpg', or - for a list on standard input",
    )
    .addOption(option('--top <n>', 'classes to tell for each picture', 3))
    .addOption(option('--threshold <p>', "with several labels a picture, give those above it (default: the model's)"))
    .addOption(option('--tta', 'with test-time augmentation: nine times the work, and mostly better'))
    .addOption(option('--bs <n>', 'pictures in a batch', 32))
    .addOption(option('--workers <n>', 'threads that prepare pictures', 1))
    .addOption(option('--out <file>', 'write there instead of to standard output'))
    .addOption(option('--json', 'a JSON list: file, label, probability, top; or file, labels, top; or file, values'))
    .addOption(option('--jsonl', 'the same as a line of JSON for each picture, as soon as it is known'))
    .addOption(option('--csv', 'a table: file, label and the probabilities of all classes, or values'))
    .action(async (model: string, files: string[], raw: Record<string, unknown>) => {
      const { json, jsonl, csv, ...rest } = parseOptions(PredictFields, raw);
      const wanted = Object.entries({ json, jsonl, csv } as const).flatMap(([name, is]) => (is ? [name] : []));
      if (wanted.length > 1)
        throw new UsageError(`take --${wanted.join(' or --')}, not ${wanted.length === 2 ? 'both' : 'all'}`);
      const format = json ? 'json' : jsonl ? 'jsonl' : csv ? 'csv' : 'text';
      // What runs models is loaded only now, so that help and mistakes show at once.
      const { predict } = await import('./predict.js');
      process.exitCode = await predict(model, files, { ...rest, format });
    });
}
