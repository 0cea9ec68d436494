import { join } from 'node:path';
import { UserError } from './core/errors.js';
import { nearNames } from './core/near.js';
import type { Freezing } from './engine/freezing.js';
import { layoutOf, tracedSize } from './engine/layout.js';
import type { Network } from './engine/network.js';
import { type NetworkSummary, summaryOf } from './engine/summary.js';
import { classifierNames, shapesOf } from './engine/values.js';
import { type Architecture, hasWeights, inputSizeOf, normalisationOf, type WeightFile } from './nn/architecture.js';
import { models } from './nn/models/index.js';
import { matchTensors } from './nn/weights/match.js';
import type { LoadedWeights } from './nn/weights/read.js';
import { isFile } from './runtime/node/files.js';
import { weightsFolder } from './weights.js';

/** Where a network's published weights are: in the package, in the cache folder, to be downloaded, or nowhere. */
export type WeightsState = 'package' | 'cached' | 'download' | 'none';

/** What is known of a network. */
export interface ModelInfo {
  readonly name: string;
  /** With its own classifier, of `classes` classes. */
  readonly parameters: number;
  /** Of one picture of the side `inputSize`. */
  readonly multiplyAdds: number;
  /** Side of the pictures that it was trained on or is made for, in pixels. */
  readonly inputSize: number;
  readonly classes: number;
  /** Published accuracy on ImageNet's validation set, in per cent; undefined where there are no published weights. */
  readonly top1: number | undefined;
  readonly licence: string | undefined;
  readonly source: string | undefined;
  readonly weights: WeightsState;
}

/**
 * The networks that onecycle builds natively, by name.
 *
 * @param filter a part of the names, or a pattern for the whole of them, in which `*` stands for any letters and `?` for one
 * @throws {UserError} if no name fits
 */
export async function listModels(filter = ''): Promise<ModelInfo[]> {
  const all = Object.entries<Architecture>(models);
  const isWanted = filterOf(filter);
  const found = all.filter(([name]) => isWanted(name));
  if (found.length === 0) {
    const near = nearNames(filter.replace(/[*?]/g, ''), Object.keys(models));
    const hint = near.length === 0 ? '' : `; near are ${near.join(', ')}`;
    throw new UserError(`no network's name fits ${JSON.stringify(filter)}${hint}`);
  }
  return await Promise.all(found.map(([, arch]) => infoOf(arch)));
}

function filterOf(filter: string): (name: string) => boolean {
  if (!/[*?]/.test(filter)) return (name) => name.includes(filter.toLowerCase());
  const escaped = filter.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
  return (name) => pattern.test(name);
}

async function infoOf(arch: Architecture): Promise<ModelInfo> {
  const { parameters, multiplyAdds, size, classes } = modelSummary(arch);
  const { top1, licence, source } = arch.pretrained ?? {};
  return {
    ...{ name: arch.name, parameters, multiplyAdds, inputSize: size, classes, top1, licence, source },
    weights: await weightsState(arch.pretrained?.weights),
  };
}

async function weightsState(weights: WeightFile | undefined): Promise<WeightsState> {
  if (weights === undefined) return 'none';
  if (weights.address === undefined) return 'package';
  return (await isFile(join(weightsFolder(), weights.file))) ? 'cached' : 'download';
}

export interface SummaryOptions {
  /** Side of the square pictures, in pixels. Default: what the network was trained on or is made for. */
  readonly size?: number | undefined;
  /** Outputs of a new head, as a learner has it. Default: the network's own classifier of all its classes. */
  readonly classes?: number | undefined;
  /**
   * The first layer group that is trained; negative numbers count from the end, 0 trains all. Default: as a learner begins, with
   * the head alone where there are weights.
   */
  readonly freezeTo?: number | undefined;
  /** Whether norms are trained in frozen groups, too. Default: where there are no weights. */
  readonly trainBn?: boolean | undefined;
}

/** ImageNet's, for classifiers of networks without published weights. */
const CLASSES = 1000;

/**
 * Layers, layer groups, parameters and multiply-adds of a network.
 *
 * @throws {UserError} if the network does not take pictures of the size, or has no such layer group
 */
export function modelSummary(arch: Architecture, options: SummaryOptions = {}): NetworkSummary {
  const { size = inputSizeOf(arch), classes } = options;
  const own = (arch.pretrained ?? arch.imported)?.classes ?? CLASSES;
  const head = classes === undefined && !lacksClassifier(arch) ? 'original' : 'concat-pool';
  return summaryOf(networkOf(arch, classes ?? own, head), size, freezingOf(arch, options));
}

function networkOf(arch: Architecture, classes: number, kind: Network['head']['kind']): Network {
  const { mean, std } = normalisationOf(arch);
  return { arch, classes, head: { kind }, mean, std };
}

function lacksClassifier({ imported }: Architecture): boolean {
  return imported !== undefined && imported.classes === undefined;
}

function freezingOf(arch: Architecture, { freezeTo, trainBn }: SummaryOptions): Freezing {
  const groups = arch.groups.length + 1;
  const to = freezeTo ?? (hasWeights(arch) ? -1 : 0);
  const firstTrained = to < 0 ? groups + to : to;
  if (!Number.isInteger(firstTrained) || firstTrained < 0 || firstTrained >= groups) {
    throw new UserError(`there is no layer group ${to}: ${arch.name} has ${groups}`);
  }
  return { firstTrained, trainNorm: trainBn ?? !hasWeights(arch) };
}

/** The names of the networks that can start from some weights. */
export function networksFor(tensors: LoadedWeights['tensors']): string[] {
  return Object.values<Architecture>(models).flatMap((arch) => (fits(arch, tensors) ? [arch.name] : []));
}

function fits(arch: Architecture, tensors: LoadedWeights['tensors']): boolean {
  const network = networkOf(arch, 1, 'concat-pool');
  const layout = layoutOf(network, tracedSize(network));
  const body = new Map([...shapesOf(layout)].filter(([name]) => !name.startsWith('head.')));
  try {
    matchTensors(tensors, body, { file: 'the file', classifier: classifierNames(network) });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
