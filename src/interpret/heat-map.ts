import { UserError } from '../core/errors.js';
import type { LayerGradients } from '../engine/feature-gradients.js';
import type { Learner } from '../train/learner.js';
import { argMax } from '../train/metrics/index.js';
import { gradCam, type HeatMap } from './grad-cam.js';

/** A network that heat maps can be made of. */
export interface HeatMapNetwork {
  readonly classes: readonly string[];
  /** Side of its pictures in pixels. */
  readonly size: number;
  /** A picture as the network sees it but for normalisation: RGB planes, uint8, [3, size, size]. */
  loadPicture(source: string | Uint8Array): Promise<Uint8Array>;
  /** Logits, probabilities, or a regression's values of one such picture. */
  outputs(picture: Uint8Array): Promise<Float32Array>;
  /** What its last layer that lies over a picture gives for one, and the derivative of one output with regard to it. */
  featureGradients(picture: Uint8Array, output: number): Promise<LayerGradients>;
}

/** A heat map with the picture below it. */
export interface PictureHeatMap extends HeatMap {
  /** The class that it speaks for. */
  readonly label: string;
  /** RGB planes, uint8, [3, size, size]. */
  readonly picture: Uint8Array;
}

/** A learner's network as it is now. */
export function networkOf(learn: Learner): HeatMapNetwork {
  const { data, engine } = learn;
  const { classes, size } = data;
  return {
    ...{ classes, size },
    loadPicture: (source) => learn.loadPicture(source),
    outputs: (picture) => engine.predict(picture, 1, size),
    featureGradients: (picture, output) => engine.featureGradients(picture, size, output),
  };
}

/**
 * Grad-CAM of a picture: where the network sees what speaks for a class.
 *
 * @param network a learner, or a network such as `exportedNetwork` gives
 * @param source a file, or the bytes of one
 * @param options.label the class. Default: the most probable one
 * @throws {UserError} if there is no such class, the picture cannot be read, or no layer of the network lies over the picture
 */
export async function heatMap(
  network: Learner | HeatMapNetwork,
  source: string | Uint8Array,
  { label }: { readonly label?: string } = {},
): Promise<PictureHeatMap> {
  const net = 'engine' in network ? networkOf(network) : network;
  const { classes } = net;
  const wanted = label === undefined ? undefined : classes.indexOf(label);
  if (wanted === -1) throw new UserError(`there is no class ${JSON.stringify(label)}; there are ${classes.join(', ')}`);
  const picture = await net.loadPicture(source);
  const [best = 0] = wanted === undefined ? argMax(await predictions(net, picture)) : [wanted];
  const map = gradCam(await net.featureGradients(picture, best), net.size);
  return { ...map, label: classes[best] ?? '', picture };
}

const predictions = async ({ classes, outputs }: HeatMapNetwork, picture: Uint8Array) => ({
  data: await outputs(picture),
  n: 1,
  classes: classes.length,
});
