/** How a plot is coloured: `auto` is light, and dark where the reader prefers that (`prefers-color-scheme`). */
export type PlotTheme = 'light' | 'dark' | 'auto';

/** The colours of one theme: text has a contrast of 4.5 and more against `paper`, lines one of 3 and more. */
export interface Palette {
  readonly paper: string;
  /** Text and axes. */
  readonly ink: string;
  /** Lines of the grid. */
  readonly faint: string;
  /** What stands behind: rates, references. */
  readonly grey: string;
  /** Of series, in their order; told apart by those who do not see red or green as others do. */
  readonly series: readonly [string, string, ...string[]];
}

export const PALETTES: Readonly<Record<'light' | 'dark', Palette>> = {
  light: {
    paper: '#ffffff',
    ink: '#2b2f36',
    faint: '#e6e8eb',
    grey: '#747a84',
    series: ['#1f5fa8', '#c0392b', '#a86400', '#2f8f4e', '#7b4fb3', '#00848c'],
  },
  dark: {
    paper: '#14171a',
    ink: '#e7eaee',
    faint: '#353b43',
    grey: '#a5adb7',
    series: ['#6aa5e8', '#ff8f85', '#f0b35a', '#6fcf8f', '#c1a0f0', '#5fc7cf'],
  },
};

/** The colour of a series by its number, from 0. */
export function seriesColour({ series }: Palette, i: number): string {
  return series[i % series.length] ?? series[0];
}
