import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions, wholeNumber } from './fields.js';

const PredictOptions = z.object({
  top: wholeNumber(1),
  bs: wholeNumber(1, 4096),
  json: z.boolean().default(false),
});

export type PredictOptions = z.infer<typeof PredictOptions>;

export function predictCommand(): Command {
  return new Command('predict')
    .description('name what pictures show, by a trained model')
    .argument('<model>', 'model.onnx of a run')
    .argument('<files...>', 'pictures, or folders of them')
    .option('--top <n>', 'classes to tell for each picture', '3')
    .option('--bs <n>', 'pictures in a batch', '32')
    .option('--json', 'print a JSON list: file, label, probability, top')
    .action(async (model: string, files: string[], raw: Record<string, unknown>) => {
      const options = parseOptions(PredictOptions, raw);
      // What runs models is loaded only now, so that help and mistakes show at once.
      const { predict } = await import('./predict.js');
      process.exitCode = await predict(model, files, options);
    });
}
