import { type CalibrationBatch, type QuantiseChoice, quantised } from '../engine/quantise/index.js';
import type { Model } from '../graph/types.js';
import type { Device } from '../runtime/device.js';
import { ExportedModel } from './exported-model.js';
import { takingBytes } from './taking-bytes.js';

export interface Quantised {
  readonly model: Model;
  readonly choice: QuantiseChoice;
}

/**
 * Quantises a model in several ways, and gives the one whose outputs are closest to the model's own on the pictures that it was calibrated
 * on, by their mean absolute difference.
 *
 * @param file the model's name, for errors
 * @param createDevice devices are closed
 */
export async function closestQuantised(
  model: Model,
  file: string,
  choices: readonly QuantiseChoice[],
  batches: readonly CalibrationBatch[],
  size: number,
  createDevice: () => Device,
): Promise<Quantised> {
  const calibrating = createDevice();
  const made = await quantised(model, choices, batches, size, calibrating, takingBytes).finally(() =>
    calibrating.close(),
  );
  const all = made.flatMap((model, i): Quantised[] => {
    const choice = choices[i];
    return choice === undefined ? [] : [{ model, choice }];
  });
  const [first, ...others] = all;
  if (first === undefined) throw new Error('there is no way to quantise to choose');
  if (others.length === 0) return first;
  const run = (of: Model) => outputsOf(of, file, batches, createDevice());
  const wanted = await run(model);
  let best = { of: first, distance: Number.POSITIVE_INFINITY };
  for (const of of all) {
    const distance = meanDifference(await run(of.model), wanted);
    if (distance < best.distance) best = { of, distance };
  }
  return best.of;
}

async function outputsOf(
  model: Model,
  file: string,
  batches: readonly CalibrationBatch[],
  device: Device,
): Promise<Float32Array> {
  try {
    const loaded = await ExportedModel.load(model, file, device);
    const rows: number[] = [];
    for (const { images, n } of batches) rows.push(...(await loaded.outputs(images, n)));
    return Float32Array.from(rows);
  } finally {
    await device.close();
  }
}

/** The mean absolute difference of two lists of the same length. */
export function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + Math.abs(x - (b[i] ?? 0)), 0) / Math.max(1, a.length);
}
