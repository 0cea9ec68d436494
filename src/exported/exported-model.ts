import { messageOf, UserError } from '../core/errors.js';
import { readModel, writeModel } from '../graph/onnx.js';
import type { Model } from '../graph/types.js';
import type { Device, ProgramId } from '../runtime/device.js';
import { type ExportedInfo, exportedInfo } from './metadata.js';
import { PICTURES, takingBytes } from './taking-bytes.js';

/** A model that onecycle exported, loaded to say what pictures show. */
export class ExportedModel {
  private constructor(
    private readonly device: Device,
    private readonly program: ProgramId,
    readonly info: ExportedInfo,
  ) {}

  /**
   * Loads a model; the device is closed with it.
   *
   * @param file its name, for errors
   * @throws {UserError} if ONNX Runtime does not take it
   */
  static async load(model: Model, file: string, device: Device): Promise<ExportedModel> {
    const info = exportedInfo(model.metadata, file);
    try {
      return new ExportedModel(device, await device.load(writeModel(takingBytes(model))), info);
    } catch (error) {
      throw new UserError(`${file} cannot be run: ${messageOf(error)}`);
    }
  }

  /**
   * Probabilities of the classes, or a regression's values: [n, classes].
   *
   * @param pictures RGB planes, uint8, [n, 3, size, size], as data bunches and `loadImage` give them
   */
  async outputs(pictures: Uint8Array, n: number): Promise<Float32Array> {
    const { size, task } = this.info;
    const dims = [n, 3, size, size];
    const output = task === 'regression' ? 'values' : 'probabilities';
    const { [output]: tensor } = await this.device.run(this.program, {
      feeds: { [PICTURES]: { dtype: 'uint8', dims, data: pictures } },
      resident: {},
      keep: {},
      fetch: [output],
    });
    if (!(tensor?.data instanceof Float32Array)) throw new UserError(`the model gave no ${output}`);
    return tensor.data;
  }

  async close(): Promise<void> {
    await this.device.close();
  }
}

/**
 * Reads an exported model from the bytes of its file.
 *
 * @throws {UserError} naming the file, if it is no model, or not one that onecycle exported
 */
export function readExported(bytes: Uint8Array, file: string): { readonly model: Model; readonly info: ExportedInfo } {
  let model: Model;
  try {
    model = readModel(bytes);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
  return { model, info: exportedInfo(model.metadata, file) };
}
