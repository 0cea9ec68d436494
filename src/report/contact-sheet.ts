import type { BatchTile } from '../audit/index.js';
import { escapeHtml, PALETTES } from '../display/index.js';

/** Side of a tile, room around it, and height of its label, in pixels. */
const SIDE = 160;
const GAP = 12;
const LABEL = 22;
/** Letters that fit below a tile. */
const LONGEST = 22;

/** Pictures in rows with their labels below, as an SVG document; they are shown pixel by pixel. */
export function contactSheet(tiles: readonly BatchTile[], columns: number): string {
  const wide = Math.min(columns, tiles.length);
  const width = GAP + wide * (SIDE + GAP);
  const height = GAP + Math.ceil(tiles.length / wide) * (SIDE + LABEL + GAP);
  const cells = tiles.map(({ label, file, uri }, i) => {
    const x = GAP + (i % wide) * (SIDE + GAP);
    const y = GAP + Math.floor(i / wide) * (SIDE + LABEL + GAP);
    const shown = label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label;
    return (
      `<g><title>${escapeHtml(`${label}: ${file}`)}</title>` +
      `<image x="${x}" y="${y}" width="${SIDE}" height="${SIDE}" href="${uri}" style="image-rendering:pixelated"/>` +
      `<text x="${x + SIDE / 2}" y="${y + SIDE + 16}">${escapeHtml(shown)}</text></g>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="sans-serif" font-size="13" text-anchor="middle" fill="${PALETTES.light.ink}">\n` +
    `<rect width="100%" height="100%" fill="#ffffff"/>\n${cells.join('\n')}\n</svg>\n`
  );
}

/** The same as a page of HTML that needs nothing else, in as many columns as there is room for. */
export function contactPage(tiles: readonly BatchTile[], title: string): string {
  const figures = tiles.map(
    ({ label, file, uri }) =>
      `<figure><img src="${uri}" alt="${escapeHtml(file)}"><figcaption>${escapeHtml(label)}</figcaption></figure>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 1rem; font: 1rem/1.4 system-ui, sans-serif; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
main { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); }
figure { margin: 0; }
img { display: block; width: 100%; image-rendering: pixelated; }
figcaption { text-align: center; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<main>
${figures.join('\n')}
</main>
</body>
</html>
`;
}
