import type { Palette } from '../../display/index.js';

/** The theme's colour that text can be read best in, on a colour between its paper (0) and its first series (1). */
export function textOn({ paper, ink, series }: Palette, share: number): string {
  const to = channels(series[0]);
  const fill = channels(paper).map((c, i) => c + share * ((to[i] ?? 0) - c));
  return contrast(fill, channels(ink)) >= contrast(fill, channels(paper)) ? ink : paper;
}

/** The contrast of two colours as WCAG 2 defines it, 1 to 21. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: readonly number[]): number {
  const linear = (c: number) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const [r = 0, g = 0, b = 0] = colour.map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Red, green and blue of #rrggbb, 0 to 255. */
function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
