import sharp from 'sharp';
import { checkInteger } from './data/check.js';
import {
  type ClassificationInterpretation,
  type HeatMapNetwork,
  heatMap,
  interleaved,
  networkOf,
  overlaid,
  type TopAnswer,
  type TopLoss,
} from './interpret/index.js';
import { PictureSheet, type SheetTile } from './report/index.js';
import type { Learner } from './train/learner.js';

export interface TopLossesOptions {
  /** How many pictures. Default 9, at most 100. */
  readonly k?: number | undefined;
  /** False for the least losses. Default true. */
  readonly largest?: boolean | undefined;
  /** Whether heat maps for the predicted class stand beside the pictures. Default true. */
  readonly heatmap?: boolean | undefined;
  /** Default: 3, and 4 without heat maps. */
  readonly columns?: number | undefined;
}

/** A picture with its loss, ready to be shown. */
export interface TopLossPicture extends TopLoss {
  /** The picture as the network sees it, a PNG as a data URI. */
  readonly picture: string;
  /** The same with the heat map over it; undefined where none was asked for. */
  readonly overlay: string | undefined;
}

/**
 * The pictures with the largest losses, with Grad-CAM heat maps for the classes that they were given.
 *
 * @param network a learner, or an exported model's `exportedNetwork`
 * @throws {UserError} if an option is out of bounds, or a picture cannot be read
 */
export async function topLossPictures(
  interp: ClassificationInterpretation,
  network: Learner | HeatMapNetwork,
  { k = 9, largest = true, heatmap = true }: Omit<TopLossesOptions, 'columns'> = {},
): Promise<TopLossPicture[]> {
  const net = 'engine' in network ? networkOf(network) : network;
  const pictures: TopLossPicture[] = [];
  for (const top of interp.topLosses(checkInteger('k', k, 1, 100), { largest })) {
    const label = interp.isMultiLabel ? leastLikely(interp, top) : top.predicted;
    pictures.push({ ...top, ...(await shown(net, top.file, heatmap ? label : undefined)) });
  }
  return pictures;
}

/**
 * A sheet of the pictures with the largest losses, as fastai's `plot_top_losses`: below each stand the predicted class, the actual one, the loss,
 * and the probability of the predicted class. `savePlot` writes it to a file.
 */
export async function plotTopLosses(
  interp: ClassificationInterpretation,
  network: Learner | HeatMapNetwork,
  options: TopLossesOptions = {},
): Promise<PictureSheet> {
  const { heatmap = true, largest = true, columns = heatmap ? 3 : 4 } = options;
  checkInteger('columns', columns, 1, 50);
  const tiles = (await topLossPictures(interp, network, options)).map(
    ({ predicted, actual, loss, probability, file, picture, overlay }): SheetTile => ({
      uris: overlay === undefined ? [picture] : [picture, overlay],
      lines: [`${predicted || 'none'} / ${actual || 'none'}`, `${loss.toFixed(2)} / ${probability.toFixed(2)}`],
      description: `${file}: predicted ${predicted || 'none'}, actual ${actual || 'none'}, loss ${loss.toFixed(2)}, probability ${probability.toFixed(2)}`,
    }),
  );
  const title = largest ? 'Top losses' : 'Least losses';
  return new PictureSheet(title, 'predicted / actual / loss / probability', tiles, columns);
}

/**
 * A sheet of the answers, yes or no to a label of a picture, with the largest losses, for pictures that may have several labels. Heat maps are
 * those of the label.
 *
 * @throws {UserError} where pictures have one label each, if an option is out of bounds, or a picture cannot be read
 */
export async function plotMultiTopLosses(
  interp: ClassificationInterpretation,
  network: Learner | HeatMapNetwork,
  { k = 9, heatmap = true, columns = heatmap ? 3 : 4 }: Omit<TopLossesOptions, 'largest'> = {},
): Promise<PictureSheet> {
  checkInteger('columns', columns, 1, 50);
  const net = 'engine' in network ? networkOf(network) : network;
  const tiles: SheetTile[] = [];
  for (const answer of interp.multiTopLosses(checkInteger('k', k, 1, 100))) {
    const { picture, overlay } = await shown(net, answer.file, heatmap ? answer.label : undefined);
    tiles.push({ uris: overlay === undefined ? [picture] : [picture, overlay], ...answerText(answer) });
  }
  return new PictureSheet('Top losses by label', 'label: predicted / actual / loss / probability', tiles, columns);
}

function answerText({ label, predicted, actual, loss, probability, file }: TopAnswer): Omit<SheetTile, 'uris'> {
  const word = (yes: boolean) => (yes ? 'yes' : 'no');
  const numbers = `${loss.toFixed(2)} / ${probability.toFixed(2)}`;
  return {
    lines: [`${label}: ${word(predicted)} / ${word(actual)}`, numbers],
    description: `${file}: ${label}, predicted ${word(predicted)}, actual ${word(actual)}, loss ${loss.toFixed(2)}, probability ${probability.toFixed(2)}`,
  };
}

/** The label that a picture's largest loss is about. */
function leastLikely(interp: ClassificationInterpretation, { index, probability, probabilities }: TopLoss): string {
  const at = probabilities.indexOf(probability);
  const label = interp.classes[at];
  if (label === undefined) throw new Error(`picture ${index} has no label of probability ${probability}`);
  return label;
}

/** A picture, and with the heat map for a label over it. */
async function shown(
  net: HeatMapNetwork,
  file: string,
  label: string | undefined,
): Promise<Pick<TopLossPicture, 'picture' | 'overlay'>> {
  if (label === undefined) {
    return { picture: await pngUri(interleaved(await net.loadPicture(file)), net.size), overlay: undefined };
  }
  const { picture, values, size } = await heatMap(net, file, { label });
  return { picture: await pngUri(interleaved(picture), size), overlay: await pngUri(overlaid(picture, values), size) };
}

/** Pixels [size, size, 3] as a data URI. */
async function pngUri(pixels: Uint8Array, size: number): Promise<string> {
  const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
