import { followingPreference } from './auto-theme.js';
import { type ChartOption, drawSvg } from './echarts.js';
import { escapeHtml } from './escape-html.js';
import { PALETTES, type Palette, type PlotTheme } from './theme.js';

/** What a plot is made of. */
export interface PlotParts {
  readonly title: string;
  /** What it shows, for those who cannot see it. Default: the title. */
  readonly description?: string | undefined;
  /** The chart in the colours of a theme, for a drawing of a width and height in pixels. */
  readonly option: (palette: Palette, width: number, height: number) => ChartOption;
  /** The same in lines of text. Default: the title. */
  readonly text?: ((size: TextSize) => string) | undefined;
  /** In pixels. Default 860 and 520. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

export interface SvgOptions {
  /** Default `light`. */
  readonly theme?: PlotTheme | undefined;
  /** In pixels. Default: the plot's own. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

export interface TextSize {
  /** Columns. Default 80. */
  readonly width?: number | undefined;
  /** Lines of the drawing, without title and legend. Default 16. */
  readonly height?: number | undefined;
}

/** What Deno's notebook kernel asks a cell's value for. */
const DISPLAY = Symbol.for('Jupyter.display');
/** What Node's consoles, and tslab's cells, print a value by. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * A chart that is drawn when it is asked for: as an SVG document, as text for a terminal, and by itself where it is the last value
 * of a notebook's cell. `savePlot` writes it to a file.
 */
export class Plot {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;

  constructor(private readonly parts: PlotParts) {
    this.title = parts.title;
    this.description = parts.description ?? parts.title;
    this.width = parts.width ?? 860;
    this.height = parts.height ?? 520;
  }

  /** The chart as an SVG document of its own. */
  svg(options: SvgOptions = {}): string {
    const { theme = 'light', width = this.width, height = this.height } = options;
    const draw = (name: 'light' | 'dark') => drawSvg(this.parts.option(PALETTES[name], width, height), width, height);
    const svg = theme === 'auto' ? followingPreference(draw('light'), draw('dark')) : draw(theme);
    return svg.replace(/^<svg/, `<svg role="img" aria-label="${escapeHtml(this.description)}"`);
  }

  /** The chart in lines of text, without colours; each line is one of `width` columns at most. */
  text(size: TextSize = {}): string {
    return this.parts.text?.(size) ?? this.title;
  }

  /** For notebooks: Deno's kernel shows the picture, others the text. */
  [DISPLAY](): Readonly<Record<string, string>> {
    return { 'image/svg+xml': this.svg({ theme: 'auto' }), 'text/plain': this.text() };
  }

  /** For consoles. */
  [INSPECT](): string {
    return this.text();
  }
}
