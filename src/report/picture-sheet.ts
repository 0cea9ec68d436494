import { escapeHtml, PALETTES, type Palette, type PlotTheme } from '../display/index.js';

/** One or two pictures side by side with lines of text below. */
export interface SheetTile {
  /** Pictures as data URIs. */
  readonly uris: readonly string[];
  readonly lines: readonly string[];
  /** What they are, for those who cannot see them. */
  readonly description: string;
}

/** Side of a picture, room around tiles, height of a line and of the title, in pixels. */
const SIDE = 160;
const GAP = 14;
const LINE = 18;
const TITLE = 62;
/** Letters that fit below a picture. */
const LETTERS = 23;

/** What Deno's notebook kernel asks a cell's value for. */
const DISPLAY = Symbol.for('Jupyter.display');

/** Pictures in rows, as an SVG document; like a `Plot` it is saved by `savePlot`, and shows itself in notebooks. */
export class PictureSheet {
  readonly width: number;
  readonly height: number;
  readonly description: string;
  readonly #columns: number;

  /** @param subtitle what the lines below the pictures say */
  constructor(
    readonly title: string,
    readonly subtitle: string,
    readonly tiles: readonly SheetTile[],
    columns: number,
  ) {
    this.#columns = Math.max(1, Math.min(columns, tiles.length));
    this.width = Math.max(420, GAP + this.#columns * (this.#tileWidth + GAP));
    this.height = TITLE + Math.ceil(tiles.length / this.#columns) * (this.#tileHeight + GAP);
    this.description = `${title}: ${tiles.length} pictures`;
  }

  /** The sheet as an SVG document of its own; pictures are shown pixel by pixel. */
  svg({ theme = 'light', width = this.width, height = this.height }: SheetSvgOptions = {}): string {
    const light = PALETTES[theme === 'dark' ? 'dark' : 'light'];
    const style =
      theme === 'auto' ? `${css(PALETTES.light)}@media (prefers-color-scheme:dark){${css(PALETTES.dark)}}` : css(light);
    const middle = this.width / 2;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(this.description)}" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${this.width} ${this.height}" font-family="sans-serif" font-size="13" text-anchor="middle">\n` +
      `<style>${style}</style><rect class="paper" width="100%" height="100%" fill="${light.paper}"/>\n` +
      `<g class="ink" fill="${light.ink}"><text x="${middle}" y="26" font-size="18" font-weight="600">${escapeHtml(this.title)}</text>` +
      `<text x="${middle}" y="47">${escapeHtml(this.subtitle)}</text>\n${this.tiles.map((tile, i) => this.#tile(tile, i)).join('\n')}</g>\n</svg>\n`
    );
  }

  /** The lines below the pictures. */
  text(): string {
    return [this.title, this.subtitle, ...this.tiles.map(({ description }) => description)].join('\n');
  }

  /** For notebooks. */
  [DISPLAY](): Readonly<Record<string, string>> {
    return { 'image/svg+xml': this.svg({ theme: 'auto' }), 'text/plain': this.text() };
  }

  get #tileWidth(): number {
    return SIDE * Math.max(1, ...this.tiles.map(({ uris }) => uris.length));
  }

  get #tileHeight(): number {
    return SIDE + 6 + LINE * Math.max(1, ...this.tiles.map(({ lines }) => lines.length));
  }

  #tile({ uris, lines, description }: SheetTile, i: number): string {
    const wide = this.#columns * (this.#tileWidth + GAP) - GAP;
    const left = (this.width - wide) / 2 + (i % this.#columns) * (this.#tileWidth + GAP);
    const top = TITLE + Math.floor(i / this.#columns) * (this.#tileHeight + GAP);
    const letters = LETTERS * (this.#tileWidth / SIDE);
    const pictures = uris.map(
      (uri, p) =>
        `<image x="${left + p * SIDE}" y="${top}" width="${SIDE}" height="${SIDE}" href="${uri}" style="image-rendering:pixelated"/>`,
    );
    const texts = lines.map((line, l) => {
      const shown = line.length > letters ? `${line.slice(0, letters - 1)}…` : line;
      return `<text x="${left + this.#tileWidth / 2}" y="${top + SIDE + LINE * (l + 1)}">${escapeHtml(shown)}</text>`;
    });
    return `<g><title>${escapeHtml(description)}</title>${pictures.join('')}${texts.join('')}</g>`;
  }
}

export interface SheetSvgOptions {
  /** Default `light`. */
  readonly theme?: PlotTheme | undefined;
  /** In pixels. Default: the sheet's own. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

const css = ({ paper, ink }: Palette): string => `.paper{fill:${paper}}.ink{fill:${ink}}`;
