import { type LayerGradients, placeIn } from '../engine/feature-gradients.js';
import { resized } from './resized.js';

/** Where in a picture a network sees what speaks for a class. */
export interface HeatMap {
  /** Row by row, [size, size], from 0 to 1; all 0 where nothing speaks for the class. */
  readonly values: Float32Array;
  /** Side in pixels. */
  readonly size: number;
  /** The layer that it is taken at, by the name of its node, and the places that it has: `values` is enlarged from them. */
  readonly layer: string;
  readonly grid: readonly [number, number];
}

/**
 * Grad-CAM (Selvaraju et al. 2017): each channel of the last layer that lies over the picture is weighted by the mean of the derivative of
 * the class's logit over its places; what is positive of their sum, divided by its maximum, is enlarged bilinearly.
 *
 * Of a vision transformer it is the last layer whose tokens of the picture count: where a class token is read, that is the norm
 * before the last block's attention, or the last block's input.
 *
 * @param size of the map, in pixels
 */
export function gradCam(found: LayerGradients, size: number): HeatMap {
  const { layer, grid } = found;
  const map = weightedSum(found);
  const max = map.reduce((most, x) => Math.max(most, x), 0);
  const scaled = max > 0 ? map.map((x) => x / max) : map;
  return { values: resized(scaled, grid.height, grid.width, size), size, layer, grid: [grid.height, grid.width] };
}

/** max(0, Σ over channels of (mean derivative)·value), at each place. */
function weightedSum(layer: LayerGradients): Float32Array {
  const { height, width, channels } = layer.grid;
  const at = placeIn(layer.grid);
  const places = height * width;
  const sums = new Float64Array(places);
  for (let channel = 0; channel < channels; channel++) {
    let weight = 0;
    for (let place = 0; place < places; place++) weight += (layer.gradients[at(channel, place)] ?? 0) / places;
    for (let place = 0; place < places; place++) {
      sums[place] = (sums[place] ?? 0) + weight * (layer.values[at(channel, place)] ?? 0);
    }
  }
  return Float32Array.from(sums, (sum) => Math.max(0, sum));
}
