import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions, share, wholeNumber } from './fields.js';

const PredictOptions = z.object({
  top: wholeNumber(1),
  bs: wholeNumber(1, 4096),
  threshold: share().optional(),
  json: z.boolean().default(false),
});

export type PredictOptions = z.infer<typeof PredictOptions>;

export function predictCommand(): Command {
  return new Command('predict')
    .description('name what pictures show, by a trained model')
    .argument('<model>', 'model.onnx of a run')
    .argument('<files...>', 'pictures, or folders of them')
    .option('--top <n>', 'classes to tell for each picture', '3')
    .option('--threshold <p>', "with several labels a picture, give those above it (default: the model's)")
    .option('--bs <n>', 'pictures in a batch', '32')
    .option('--json', 'print a JSON list: file, label, probability, top; or file, labels, top; or file, values')
    .action(async (model: string, files: string[], raw: Record<string, unknown>) => {
      const options = parseOptions(PredictOptions, raw);
      // What runs models is loaded only now, so that help and mistakes show at once.
      const { predict } = await import('./predict.js');
      process.exitCode = await predict(model, files, options);
    });
}
