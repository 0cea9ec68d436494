import { Command } from 'commander';
import { z } from 'zod';
import { MAX_SIZE } from '../data/check.js';
import { parseOptions, wholeNumber } from './fields.js';
import { checkedBy } from './option-schemas.js';

const ShowOptions = z.object({
  size: wholeNumber(1, MAX_SIZE).optional(),
  classes: wholeNumber(1, 1_000_000).optional(),
  freezeTo: wholeNumber(-100, 100).optional(),
  trainBn: z.boolean().optional(),
  json: z.boolean().default(false),
});
export type ShowOptions = z.infer<typeof ShowOptions>;

const ListOptions = z.object({ json: z.boolean().default(false) });

export function modelsCommand(): Command {
  return checkedBy(new Command('models'), ListOptions.shape)
    .description('list the networks, or show one of them')
    .argument('[filter]', "a part of the names, or a pattern such as 'resnet*'")
    .option('--json', 'print a JSON list instead')
    .action(async (filter: string | undefined, raw: Record<string, unknown>) => {
      const { json } = parseOptions(ListOptions, raw);
      const { printModels } = await import('./models-list.js');
      await printModels(filter, json);
    })
    .addCommand(showCommand());
}

function showCommand(): Command {
  return checkedBy(new Command('show'), ShowOptions.shape)
    .description(
      'print the layers, layer groups, parameters and multiply-adds of a network, or what a file of weights holds',
    )
    .argument('<name>', 'a network of the list, an .onnx model, or a .safetensors or .pth file of weights')
    .option('--size <pixels>', 'side of the pictures (default: what the network was trained on)')
    .option(
      '--classes <n>',
      "put a new head of n classes on it, as training does (default: the network's own classifier)",
    )
    .option(
      '--freeze-to <group>',
      'the first layer group that is trained: 0 trains all, -1 the head (default: as training begins)',
    )
    .option('--train-bn', "count the frozen body's batch norms as trained, as fastai does")
    .option('--json', 'print JSON instead')
    .action(async (name: string, _raw: unknown, command: Command) => {
      // The list has a --json, too: commander gives it to whichever command is first.
      const options = parseOptions(ShowOptions, command.optsWithGlobals());
      const { showModel } = await import('./models-show.js');
      await showModel(name, options);
    });
}
