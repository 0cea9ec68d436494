import type { Rng } from '../core/rng.js';

/** The classes of the sample set, in code-point order. */
export const SAMPLE_CLASSES = [
  'checkerboard',
  'circle',
  'dots',
  'rings',
  'square',
  'star',
  'stripes',
  'triangle',
] as const;

export type SampleClass = (typeof SAMPLE_CLASSES)[number];

/**
 * One picture of a class as SVG, 96 to 160 px wide and high.
 *
 * Shapes vary in place, size, turn and colour before a gradient with clutter and noise; textures fill a patch of varying
 * pitch and turn. Colour says nothing about the class.
 */
export function drawSample(name: SampleClass, rng: Rng): string {
  const width = 96 + rng.int(65);
  const height = 96 + rng.int(65);
  const hue = rng.uniform(0, 360);
  const light = rng.uniform(20, 80);
  const paper = colour(rng, hue, light);
  // Far enough from the paper's lightness to be seen, whatever the hues.
  const ink = colour(
    rng,
    hue + rng.uniform(60, 300),
    light > 50 ? light - rng.uniform(30, 45) : light + rng.uniform(30, 45),
  );
  const r = Math.min(width, height) * rng.uniform(0.24, 0.42);
  const x = rng.uniform(r, width - r);
  const y = rng.uniform(r, height - r);
  const clutter = Array.from({ length: 2 + rng.int(5) }, () => {
    const [x1, y1] = [rng.uniform(0, width), rng.uniform(0, height)];
    const [x2, y2] = [x1 + rng.uniform(-40, 40), y1 + rng.uniform(-40, 40)];
    return `<line x1="${f(x1)}" y1="${f(y1)}" x2="${f(x2)}" y2="${f(y2)}" stroke="${colour(rng, rng.uniform(0, 360), light)}" stroke-width="${f(rng.uniform(1, 4))}"/>`;
  }).join('');
  const noise = rng.uniform(0.1, 0.35);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<defs><linearGradient id="g" gradientTransform="rotate(${f(rng.uniform(0, 90))})"><stop offset="0" stop-color="${paper}"/><stop offset="1" stop-color="${colour(rng, hue + rng.uniform(-40, 40), light + rng.uniform(-12, 12))}"/></linearGradient>
<filter id="n"><feTurbulence type="fractalNoise" baseFrequency="${f(rng.uniform(0.3, 0.9))}" numOctaves="2" seed="${rng.int(10000)}"/><feColorMatrix values="0 0 0 0 0.5 0 0 0 0 0.5 0 0 0 0 0.5 1 0 0 0 -0.3"/></filter></defs>
<rect width="100%" height="100%" fill="url(#g)"/>${clutter}
<g transform="translate(${f(x)} ${f(y)}) rotate(${f(rng.uniform(0, 360))})">${DRAWERS[name](rng, r, ink)}</g>
<rect width="100%" height="100%" filter="url(#n)" opacity="${f(noise)}"/></svg>`;
}

/** Draws around the origin, within a circle of radius `r` pixels. */
type Drawer = (rng: Rng, r: number, ink: string) => string;

const DRAWERS: Readonly<Record<SampleClass, Drawer>> = {
  checkerboard: (rng, r, ink) =>
    grid(r, r / (2 + rng.int(3)), (x, y, pitch, i, j) =>
      (i + j) % 2 === 0 ? `<rect x="${f(x)}" y="${f(y)}" width="${f(pitch)}" height="${f(pitch)}" fill="${ink}"/>` : '',
    ),
  circle: (rng, r, ink) => `<ellipse rx="${f(r)}" ry="${f(r * rng.uniform(0.85, 1))}" fill="${ink}"/>`,
  dots: (rng, r, ink) => {
    const fill = rng.uniform(0.25, 0.38);
    return grid(
      r,
      r / rng.uniform(1.5, 3),
      (x, y, pitch) =>
        `<circle cx="${f(x + pitch / 2)}" cy="${f(y + pitch / 2)}" r="${f(pitch * fill)}" fill="${ink}"/>`,
    );
  },
  rings: (rng, r, ink) => {
    const count = 2 + rng.int(3);
    const width = r / (2 * count);
    return Array.from(
      { length: count },
      (_, i) =>
        `<circle r="${f(r - width * (2 * i + 0.5))}" fill="none" stroke="${ink}" stroke-width="${f(width * rng.uniform(0.7, 1.1))}"/>`,
    ).join('');
  },
  square: (rng, r, ink) => polygon(4, r, () => rng.uniform(0.92, 1), ink),
  star: (rng, r, ink) => {
    const inner = rng.uniform(0.35, 0.5);
    return polygon(2 * (5 + rng.int(2)), r, (i) => (i % 2 === 0 ? 1 : inner), ink);
  },
  stripes: (rng, r, ink) => {
    const pitch = r / (1.5 + rng.uniform(0, 2));
    const bars: string[] = [];
    for (let x = -r; x < r; x += pitch) {
      bars.push(`<rect x="${f(x)}" y="${f(-r)}" width="${f(pitch / 2)}" height="${f(2 * r)}" fill="${ink}"/>`);
    }
    return bars.join('');
  },
  triangle: (rng, r, ink) => polygon(3, r, () => rng.uniform(0.85, 1), ink),
};

function grid(
  r: number,
  pitch: number,
  cell: (x: number, y: number, pitch: number, i: number, j: number) => string,
): string {
  const side = Math.ceil((2 * r) / pitch);
  const cells: string[] = [];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) cells.push(cell(-r + i * pitch, -r + j * pitch, pitch, i, j));
  }
  return cells.join('');
}

function polygon(corners: number, r: number, reach: (corner: number) => number, ink: string): string {
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    const distance = r * reach(i);
    return `${f(distance * Math.cos(angle))},${f(distance * Math.sin(angle))}`;
  });
  return `<polygon points="${points.join(' ')}" fill="${ink}"/>`;
}

function colour(rng: Rng, hue: number, light: number): string {
  return `hsl(${f(((hue % 360) + 360) % 360)}, ${f(rng.uniform(30, 90))}%, ${f(Math.min(95, Math.max(5, light)))}%)`;
}

function f(value: number): string {
  return value.toFixed(2);
}
