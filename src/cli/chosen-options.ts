import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { messageOf, UserError } from '../core/errors.js';
import { type Architecture, assertTakesSize, hasWeights } from '../nn/architecture.js';
import { models } from '../nn/models/index.js';
import { assertFile, isFile } from '../runtime/node/files.js';
import { checkAugmentation } from './augmentation.js';
import { bringKnownSet, knownSetNamed } from './bring-known-set.js';
import { parseOptions, UsageError } from './fields.js';
import { networkNamed } from './network.js';
import { option } from './option.js';
import { FILES } from './run-folder.js';
import { checkSource, namedSource } from './source.js';
import { TRAIN_DEFAULTS, TrainOptions } from './train-options.js';
import { checkTraining } from './training.js';

/** Adds the flags of the network, and of how it is begun and fed, to a command. */
export function addNetwork(command: Command): Command {
  const d = TRAIN_DEFAULTS;
  return command
    .optionsGroup('Network and training:')
    .addOption(option('--arch <name>', `an .onnx file, or one of ${Object.keys(models).join(', ')}`, d.arch))
    .addOption(option('--size <pixels>', 'side of the square pictures (default: from the pictures)'))
    .addOption(option('--bs <n>', 'pictures in a batch', d.bs))
    .addOption(option('--train-bn', "train the frozen body's batch norms, as fastai does (slower)"))
    .addOption(option('--feature-copies <n>', 'augmented copies that a frozen body sees (default: 2)'))
    .addOption(
      option(
        '--feature-precision <name>',
        'numbers in which a frozen body computes its features: float32, int8, or auto, which measures',
        'auto',
      ),
    )
    .addOption(
      option('--weights <file>', 'start from a .safetensors, .pth or .onnx file instead of the published weights'),
    )
    .addOption(option('--no-pretrained', 'start from random weights, and train all layers from the beginning'))
    .addOption(option('--recompute', 'save memory: compute activations again in the backward pass (slower)'))
    .addOption(option('--seed <n>', 'decides split, order, augmentation and initialisation', d.seed));
}

/**
 * Checks what is to be trained on what, and brings a known set.
 *
 * @param raw the options as the command line gives them
 * @throws {UserError} naming what is no good
 */
export async function chosenOptions(
  data: string,
  raw: Readonly<Record<string, unknown>>,
  quiet: boolean,
): Promise<{ readonly options: TrainOptions; readonly arch: Architecture }> {
  const source = namedSource(data);
  if (source.csv !== undefined && raw.csv !== undefined) throw new UsageError('name one CSV file, not two');
  const csv = typeof raw.csv === 'string' ? { csv: resolve(raw.csv) } : {};
  const cleaned = typeof raw.cleaned === 'string' && raw.cleaned !== '' ? { cleaned: resolve(raw.cleaned) } : {};
  const given = parseOptions(TrainOptions, { ...raw, ...csv, ...cleaned, ...source });
  const set = await knownSetNamed(data);
  checkSource(given);
  checkAugmentation(given);
  if (given.weights !== undefined && !given.pretrained) {
    throw new UsageError('--weights and --no-pretrained contradict each other; leave one out');
  }
  if (given.weights !== undefined && given.from !== undefined)
    throw new UsageError('take --weights or --from, not both');
  // Before pictures are read, which can take long.
  if (given.weights !== undefined) await assertFile(resolve(given.weights));
  const from = given.from === undefined ? undefined : await checkpointOf(given.from);
  if (given.cleaned !== undefined) await assertFile(given.cleaned);
  const arch = await networkNamed(given.arch);
  checkTraining(given, arch);
  const { imported } = arch;
  const size = given.size ?? imported?.onlySize?.height;
  if (size !== undefined) assertTakesSize(arch, size);
  const options = {
    ...given,
    ...(imported === undefined ? {} : { arch: resolve(given.arch), archSha256: imported.sha256 }),
    ...(size === undefined ? {} : { size }),
    data: set === undefined ? given.data : await bringKnownSet(set, !quiet),
    // A network without published weights can only start from one's own or from random ones.
    pretrained: given.pretrained && (given.weights !== undefined || hasWeights(arch)),
    ...(given.weights === undefined ? {} : { weights: resolve(given.weights) }),
    ...(from === undefined ? {} : { from }),
  };
  return { options, arch };
}

/** The full path of a run's checkpoint, by its folder or itself. */
async function checkpointOf(run: string): Promise<string> {
  const inFolder = join(resolve(run), FILES.checkpoint);
  if (await isFile(inFolder)) return inFolder;
  await assertFile(resolve(run)).catch((error: unknown) => {
    throw new UserError(`--from ${run}: no run with a checkpoint, and no checkpoint (${messageOf(error)})`);
  });
  return resolve(run);
}
