import { loadImage } from './data/index.js';
import { ExportedModel, readExported } from './exported/exported-model.js';
import { ExportedGradients } from './exported/gradients.js';
import type { HeatMapNetwork } from './interpret/index.js';
import { readFile } from './runtime/node/files.js';
import { ProcessDevice } from './runtime/node/process-device.js';

/** An exported model that heat maps can be made of; it runs in a process of its own until it is closed. */
export interface ExportedNetwork extends HeatMapNetwork {
  close(): Promise<void>;
}

/**
 * Loads an exported model for heat maps, and sheets of top losses.
 *
 * @param file a model.onnx that onecycle exported, in float32
 * @throws {UserError} if there is none, or it is another model
 */
export async function exportedNetwork(file: string): Promise<ExportedNetwork> {
  const { model, info } = readExported(await readFile(file), file);
  const device = new ProcessDevice();
  try {
    const exported = await ExportedModel.load(model, file, device);
    const gradients = new ExportedGradients(model, device, info);
    const { classes, size, framing } = info;
    return {
      ...{ classes, size },
      loadPicture: (source) => loadImage(source, size, framing),
      outputs: (picture) => exported.outputs(picture, 1),
      featureGradients: (picture, output) => gradients.of(picture, output),
      close: () => exported.close(),
    };
  } catch (error) {
    await device.close();
    throw error;
  }
}
