import { foldNorms } from '../../graph/fold-norms.js';
import type { Model } from '../../graph/types.js';
import type { Device } from '../../runtime/device.js';
import { type CalibrationBatch, observe } from './observe.js';
import { type KeptFloat, quantisationPoints } from './points.js';
import { quantisedGraph } from './quantised-graph.js';
import { byteScale, type Calibration } from './scales.js';

export type { CalibrationBatch } from './observe.js';
export type { KeptFloat } from './points.js';
export type { Calibration } from './scales.js';

/** A way to quantise. */
export interface QuantiseChoice {
  readonly calibration: Calibration;
  readonly keepFloat: KeptFloat;
}

/**
 * Models of int8 weights and 8-bit values in between, one for each choice, by static quantisation.
 *
 * @param batches pictures like those that it will see; a hundred or more in all
 * @param size side of the pictures
 * @param takingBytes makes a model take pictures as bytes, if it does not
 */
export async function quantised(
  model: Model,
  choices: readonly QuantiseChoice[],
  batches: readonly CalibrationBatch[],
  size: number,
  device: Device,
  takingBytes = (of: Model) => of,
): Promise<Model[]> {
  const folded = { ...model, graph: foldNorms(model.graph) };
  // Those of all layers are among them.
  const everything = quantisationPoints(folded.graph, 'none');
  const observed = await observe(takingBytes(folded), everything.values, batches, size, device);
  return choices.map(({ calibration, keepFloat }) => {
    const scales = new Map([...observed].map(([value, of]) => [value, byteScale(of, calibration)] as const));
    return { ...model, graph: quantisedGraph(folded.graph, quantisationPoints(folded.graph, keepFloat), scales) };
  });
}
