import { extname } from 'node:path';
import sharp from 'sharp';
import { UserError } from './core/errors.js';
import { checkInteger } from './data/check.js';
import type { PlotTheme, SvgOptions } from './display/index.js';
import { writeFile } from './runtime/node/files.js';

export interface SavePlotOptions {
  /** Default: `auto` for .svg, which follows its reader, and `light` for .png, which cannot. */
  readonly theme?: PlotTheme | undefined;
  /** In pixels of the drawing. Default: the plot's own, mostly 860 × 520. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Of a .png, in dots an inch: 72 gives one dot for a pixel of the drawing. Default 144. */
  readonly density?: number | undefined;
}

/** A plot, or a sheet of pictures. */
export interface Drawing {
  svg(options?: SvgOptions): string;
}

/**
 * Writes a plot to a file, as a picture for .png, as an SVG document for .svg.
 *
 * @throws {UserError} if the name ends otherwise, an option is out of bounds, or the file cannot be written
 */
export async function savePlot(plot: Drawing, file: string, options: SavePlotOptions = {}): Promise<void> {
  const ending = extname(file).toLowerCase();
  if (ending !== '.png' && ending !== '.svg') {
    throw new UserError(`${file} must end in .png or .svg, which says how the plot is written`);
  }
  const { width, height, density = 144 } = options;
  checkInteger('density', density, 18, 1200);
  for (const [name, value] of Object.entries({ width, height })) {
    if (value !== undefined) checkInteger(name, value, 100, 8192);
  }
  const theme = options.theme ?? (ending === '.svg' ? 'auto' : 'light');
  const svg = plot.svg({ theme, width, height });
  if (ending === '.svg') return writeFile(file, svg);
  return writeFile(file, await sharp(Buffer.from(svg), { density, unlimited: true }).png().toBuffer());
}
