import { Command } from 'commander';
import { z } from 'zod';
import { numberBetween, parseOptions } from './fields.js';
import { addLabelled, labelledFields } from './labelled-options.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';

export const EvaluateFields = z.object({
  ...labelledFields,
  threshold: numberBetween(0, 1).optional(),
  tta: z.boolean().default(false),
  predictions: z.string().min(1, { error: 'must name a file' }).optional(),
  json: z.boolean().default(false),
});
export type EvaluateOptions = z.infer<typeof EvaluateFields>;

export function evaluateCommand(): Command {
  const command = checkedBy(new Command('evaluate'), EvaluateFields.shape)
    .description('measure a trained model on labelled pictures: metrics with 95 % intervals, each class, confusions')
    .argument('<model>', "model.onnx of a run, or the run's folder")
    .argument('[data]', 'folder, archive, .csv or known set, as for train (default: the pictures of the run)')
    .addOption(
      option('--threshold <p>', "with several labels a picture, those above it are given (default: the model's)"),
    )
    .addOption(option('--tta', 'with test-time augmentation, too: eight more passes'));
  return addLabelled(command, { seed: 'decides what --split valid draws, and test-time augmentation' })
    .optionsGroup('Results:')
    .addOption(option('--predictions <file>', 'write a CSV file of what the model says of each picture'))
    .addOption(option('--quiet', 'show no progress'))
    .addOption(option('--json', 'print JSON instead of words'))
    .action(async (model: string, data: string | undefined, raw: Record<string, unknown>, command: Command) => {
      const options = parseOptions(EvaluateFields, raw);
      // What runs models is loaded only now, so that help and mistakes show at once.
      const { evaluate } = await import('./evaluate.js');
      await evaluate(model, data, options, command);
    });
}
