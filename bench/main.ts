import { Command, InvalidArgumentError, Option } from 'commander';
import { models } from '#onecycle/nn/models/index.js';
import { benchCifar5k } from './cifar5k.js';
import { benchDataCheck } from './data-check.js';
import { benchLoader } from './loader.js';
import { benchPasses } from './passes.js';
import { benchSteps } from './steps.js';

const ARCHS = ['resnet18', 'resnet50', 'mobilenet_v2', 'efficientnet_lite0'];

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('must be a whole number of at least 1');
  return n;
}

function archList(text: string): string[] {
  const names = text.split(',');
  const unknown = names.find((name) => !Object.hasOwn(models, name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is no architecture`);
  return names;
}

interface Options {
  readonly arch: string[];
  readonly batch: number;
  readonly size: number;
  readonly rounds: number;
  readonly python: string;
}

const program = new Command('bench').description('Times what decides how soon a network is trained.');

const withSteps = (command: Command): Command =>
  command
    .addOption(new Option('--arch <names>', 'networks, with commas').default(ARCHS, ARCHS.join()).argParser(archList))
    .addOption(new Option('--batch <n>', 'pictures in a step').default(32).argParser(count))
    .addOption(new Option('--size <px>', 'side of the pictures').default(128).argParser(count))
    .addOption(new Option('--rounds <n>', 'timed rounds, of two steps each').default(5).argParser(count));

withSteps(program.command('steps', { isDefault: true }))
  .description("steps' times and memory, beside PyTorch's where it is installed")
  .option('--python <file>', 'Python with torch, torchvision and timm', 'python3')
  .action((o: Options) => benchSteps({ ...o, archs: o.arch }));

withSteps(program.command('passes'))
  .description('what each pass of the graph optimiser is worth')
  .action((o: Options) => benchPasses({ ...o, archs: o.arch }));

program
  .command('loader')
  .description('the loader alone: how soon it is ready, pictures decoded and augmented a second')
  .argument('<data>', 'folder or archive of pictures')
  .addOption(new Option('--size <px>', 'side of the pictures').default(128).argParser(count))
  .action((data: string, { size }: { size: number }) => benchLoader({ data, size, workers: [1, 2] }));

program
  .command('data-check')
  .description('how many of fifty planted defects the check of a set finds, and what else it tells')
  .argument('<data>', 'folder or archive of pictures, such as CIFAR-10')
  .addOption(new Option('--seeds <n>', 'copies, with seeds from 0').default(5).argParser(count))
  .action((data: string, { seeds }: { seeds: number }) => benchDataCheck({ data, seeds }));

program
  .command('cifar5k')
  .description('accuracy and time of the whole command on 5,000 pictures of CIFAR-10')
  .argument('<data>', 'CIFAR-10 as an archive or folders: train/CLASS/…, test/CLASS/…')
  .argument('[options...]', 'for onecycle train, behind --')
  .addOption(new Option('--seeds <n>', 'runs, with seeds from 0').default(3).argParser(count))
  .option('--python <file>', 'Python with fastai, timm and safetensors, to run the peer too', 'python3')
  .action((data: string, extra: string[], o: { seeds: number; python: string }) => benchCifar5k({ data, extra, ...o }));

await program.parseAsync();
