import { FeatureGradients, type LayerGradients } from '../engine/feature-gradients.js';
import { importGraph } from '../graph/import.js';
import { float32, type Model } from '../graph/types.js';
import type { Device } from '../runtime/device.js';
import type { ExportedInfo } from './metadata.js';

/** An exported model's graph, differentiated for heat maps. */
export class ExportedGradients {
  readonly #gradients: FeatureGradients;

  constructor(
    model: Model,
    device: Device,
    private readonly info: ExportedInfo,
  ) {
    const { size, task } = info;
    this.#gradients = new FeatureGradients(device, async () => {
      const b = importGraph(model.graph, { [IMAGE]: [1, 3, size, size] }, model.opsets['']);
      return { b, outputs: task === 'regression' ? 'values' : 'logits' };
    });
  }

  /**
   * What the last layer that counts of those that lie over a picture gives for it, and the derivative of one output with regard to it.
   *
   * @param picture RGB planes, uint8, [3, size, size]
   * @param output the place of a class, or of a regression's output
   */
  of(picture: Uint8Array, output: number): Promise<LayerGradients> {
    const { size, classes } = this.info;
    const image = float32(
      [1, 3, size, size],
      Float32Array.from(picture, (x) => x / 255),
    );
    return this.#gradients.of({ [IMAGE]: image }, output, classes.length);
  }
}

const IMAGE = 'image';
