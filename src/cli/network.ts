import { resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import type { Architecture } from '../nn/architecture.js';
import { modelByName } from '../nn/models/index.js';

/** Whether a network is told as a file to make it of. */
export function isModelFile(arch: string): boolean {
  return /\.onnx$/i.test(arch);
}

/**
 * A network as `--arch` names it: one that onecycle builds, or an ONNX file.
 *
 * @throws {UserError} if there is none of that name, or the file cannot be a backbone
 */
export async function networkNamed(arch: string): Promise<Architecture> {
  if (!isModelFile(arch)) return modelByName(arch);
  const { fromOnnx } = await import('../onnx-architecture.js');
  return fromOnnx(resolve(arch));
}

/**
 * The network of a run that goes on.
 *
 * @param sha256 what the file's content was when the run began
 * @throws {UserError} if the file is another one now
 */
export async function sameNetwork(arch: string, sha256: string | undefined): Promise<Architecture> {
  const network = await networkNamed(arch);
  if (network.imported !== undefined && network.imported.sha256 !== sha256) {
    throw new UserError(
      `${arch} is not the file that the run began with: its SHA-256 is ${network.imported.sha256}, and was ${sha256 ?? 'not noted'}; put the former one there, or begin another run`,
    );
  }
  return network;
}
