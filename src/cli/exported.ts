import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { ExportedModel, readExported } from '../exported/exported-model.js';
import type { ExportedInfo } from '../exported/metadata.js';
import type { Model } from '../graph/types.js';
import { readFile } from '../runtime/node/files.js';
import { ProcessDevice } from '../runtime/node/process-device.js';

/** A model as the user named it. */
export interface NamedModel {
  readonly file: string;
  /** The run's folder, if one was named. */
  readonly run?: string;
  readonly model: Model;
  readonly info: ExportedInfo;
}

/**
 * Reads the exported model that an argument names: a file, or the folder of a run.
 *
 * @throws {UserError} if there is none, or it is no model of onecycle's
 */
export async function namedModel(path: string): Promise<NamedModel> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const file = isFolder ? join(path, 'model.onnx') : path;
  if (isFolder && !(await isThere(file))) {
    throw new UserError(
      `${path} holds no model.onnx: it is not the folder of a run, or the run was stopped; onecycle train --resume ${path} goes on with it`,
    );
  }
  return { file, ...(isFolder ? { run: path } : {}), ...readExported(await readFile(file), file) };
}

/** Loads a model in a process of its own, so that pictures are prepared while it runs. */
export async function loadExported({ model, file }: Pick<NamedModel, 'model' | 'file'>): Promise<ExportedModel> {
  const device = new ProcessDevice();
  try {
    return await ExportedModel.load(model, file, device);
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
