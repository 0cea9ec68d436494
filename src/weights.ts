import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WeightFile } from './nn/architecture.js';
import { type LoadedWeights, readWeightBytes } from './nn/weights/read.js';
import type { OnDownload } from './runtime/download.js';
import { cacheHome } from './runtime/node/cache-home.js';
import { download } from './runtime/node/download.js';
import { externalDataBeside } from './runtime/node/external-data.js';
import { readFile } from './runtime/node/files.js';

/**
 * Reads a file of weights: .safetensors, what torch.save wrote (.pth, .pt, .bin, of any age), or an ONNX model with its external
 * data beside it. Its content tells which it is. Nothing in it is run: a pickle that asks for more than tensors and containers
 * is refused.
 *
 * @param source a path, or the bytes of a file, which cannot have others beside it
 * @throws {UserError} that names the file, and what is wrong with it
 */
export async function readWeights(source: string | Uint8Array): Promise<LoadedWeights> {
  if (typeof source !== 'string') return readWeightBytes(source, 'the file of weights');
  return readWeightBytes(await readFile(source), source, externalDataBeside(source));
}

/** Where downloaded weights are kept. */
export function weightsFolder(): string {
  return join(cacheHome(), 'weights');
}

/**
 * Weights that an architecture is published with: those that the package carries, or a download, which is kept in the folder
 * `weights` of the cache (see `cacheHome`).
 *
 * @throws {UserError} that says which file to put where, if it cannot be had
 */
export async function pretrainedWeights(weights: WeightFile, onDownload?: OnDownload): Promise<LoadedWeights> {
  const { address, ...rest } = weights;
  const path =
    address === undefined
      ? fileURLToPath(new URL(`../weights/${weights.file}`, import.meta.url))
      : await download(
          { address, ...rest },
          { folder: weightsFolder(), ...(onDownload === undefined ? {} : { onProgress: onDownload }) },
        );
  return readWeights(path);
}
