import { type Curve, type LineChartData, placeOf, rangeOf, short } from './line-chart.js';
import type { TextSize } from './plot.js';

/** Letters that stand for the points of curves. */
const SIGNS = ['o', 'x', '+', '*', '#', '@', '%', '&'];
/** Dots of a braille letter by column and row: Unicode's block of them counts dots so. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BRAILLE = 0x2800;

/**
 * Curves in lines of text, as terminals and logs show them: lines are dotted in braille letters, points are letters, so that all can be told
 * apart without colours. Curves that belong to the axis on the right stand in a drawing of their own below.
 */
export function terminalPlot(data: LineChartData, size: TextSize = {}): string {
  const { right, curves } = data;
  const main = panel({ ...data, right: undefined, curves: curves.filter((curve) => curve.right !== true) }, size);
  if (right === undefined) return main;
  const beside = curves.filter((curve) => curve.right === true).map((curve) => ({ ...curve, right: false }));
  const below = panel({ ...data, title: '', y: right, right: undefined, curves: beside, marks: [] }, half(size));
  return `${main}\n\n${below}`;
}

function half({ width, height = 16 }: TextSize): TextSize {
  return { width, height: Math.max(4, Math.floor(height / 2)) };
}

function panel(data: LineChartData, { width = 80, height = 16 }: TextSize): string {
  const { title, x, y, curves, marks = [] } = data;
  const lines = Math.max(2, Math.floor(height));
  const yRange = rangeOf(data, 'y');
  const yLabels = labelsOf(yRange, lines);
  const gutter = Math.max(...yLabels.map((label) => label.length));
  const columns = Math.max(8, Math.floor(width) - gutter - 2);
  const grid = new DotGrid(columns, lines);
  const [low, high] = yRange;
  const upOf = (value: number) =>
    y.scale === 'log' ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  marks.forEach(({ at }, i) => {
    grid.mark(placeOf(data, at), String(i + 1));
  });
  const points = curves.filter(({ kind = 'line' }) => kind !== 'line');
  for (const curve of curves) {
    const places = curve.points.map(([px, py]) => [placeOf(data, px), upOf(py)] as const);
    const sign = points.includes(curve) ? SIGNS[points.indexOf(curve) % SIGNS.length] : undefined;
    if (sign === undefined) grid.line(places);
    else for (const [across, up] of places) grid.sign(across, up, sign);
  }
  const drawn = grid.lines().map((line, i) => `${(yLabels[i] ?? '').padStart(gutter)} ┤${line}`.trimEnd());
  return [
    ...(title === '' ? [] : [title]),
    y.name,
    ...drawn,
    `${' '.repeat(gutter)} └${'─'.repeat(columns)}`,
    `${' '.repeat(gutter + 2)}${axisLine(data, columns)}`,
    `${' '.repeat(gutter + 2)}${centred(x.name, columns)}`,
    ...legend(data, points, width),
  ].join('\n');
}

/** What stands beside the lines: the bounds and the middle. */
function labelsOf([low, high]: readonly [number, number], lines: number): string[] {
  const middle = Math.floor((lines - 1) / 2);
  const labels = Array<string>(lines).fill('');
  labels[0] = short(high);
  labels[lines - 1] = short(low);
  if (lines >= 5) labels[middle] = short(high - ((high - low) * middle) / (lines - 1));
  return labels;
}

/** The bounds of the x axis below its ends, and powers of ten between them. */
function axisLine(data: LineChartData, columns: number): string {
  const [low, high] = rangeOf(data, 'x');
  const log = data.x.scale === 'log';
  const text = (value: number) => (log ? value.toExponential(0) : short(value));
  const cells = Array<string>(columns).fill(' ');
  const put = (label: string, from: number) => {
    const room = cells.slice(Math.max(0, from - 1), from + label.length + 1);
    if (from < 0 || from + label.length > columns || room.some((cell) => cell !== ' ')) return;
    cells.splice(from, label.length, ...label);
  };
  put(text(low), 0);
  put(text(high), columns - text(high).length);
  if (log) {
    for (let e = Math.ceil(Math.log10(low)); 10 ** e < high; e++) {
      const label = text(10 ** e);
      put(label, Math.round(placeOf(data, 10 ** e) * (columns - 1) - label.length / 2));
    }
  } else put(text((low + high) / 2), Math.round(columns / 2 - text((low + high) / 2).length / 2));
  return cells.join('').trimEnd();
}

function centred(text: string, columns: number): string {
  return `${' '.repeat(Math.max(0, Math.floor((columns - text.length) / 2)))}${text}`;
}

/** What is what, in as many lines as it takes. */
function legend({ curves, marks = [] }: LineChartData, points: readonly Curve[], width: number): string[] {
  const entries = [
    ...curves.map((curve) => {
      const at = points.indexOf(curve);
      return `${at < 0 ? '⠒⠒' : (SIGNS[at % SIGNS.length] ?? '')} ${curve.name}`;
    }),
    ...marks.map(({ name }, i) => `${i + 1}╎ ${name}`),
  ];
  if (entries.length < 2) return [];
  const lines: string[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + entry.length <= width) lines[lines.length - 1] = `${last}   ${entry}`;
    else lines.push(entry);
  }
  return lines;
}

/** A drawing of letters, each of 2 × 4 dots; places go from 0 to 1, across and up. */
class DotGrid {
  readonly #dots: Uint8Array;
  readonly #signs: (string | undefined)[];

  constructor(
    private readonly columns: number,
    private readonly rows: number,
  ) {
    this.#dots = new Uint8Array(columns * rows);
    this.#signs = Array<string | undefined>(columns * rows).fill(undefined);
  }

  /** Joins places by dots; those that are no numbers, or lie outside, are left out. */
  line(places: readonly (readonly [number, number])[]): void {
    let before: readonly [number, number] | undefined;
    for (const [across, up] of places) {
      const inside = across >= 0 && across <= 1 && up >= 0 && up <= 1;
      const here = [across * (2 * this.columns - 1), (1 - up) * (4 * this.rows - 1)] as const;
      if (inside) this.#join(before ?? here, here);
      before = inside ? here : undefined;
    }
  }

  sign(across: number, up: number, sign: string): void {
    if (!(across >= 0 && across <= 1 && up >= 0 && up <= 1)) return;
    const column = Math.round(across * (this.columns - 1));
    this.#signs[Math.round((1 - up) * (this.rows - 1)) * this.columns + column] = sign;
  }

  /** A line from bottom to top, with a letter at its end. */
  mark(across: number, sign: string): void {
    if (!(across >= 0 && across <= 1)) return;
    const column = Math.round(across * (this.columns - 1));
    for (let row = 0; row < this.rows; row++) this.#signs[row * this.columns + column] = row === 0 ? sign : '╎';
  }

  lines(): string[] {
    return Array.from({ length: this.rows }, (_, row) =>
      Array.from({ length: this.columns }, (_, column) => {
        const at = row * this.columns + column;
        const dots = this.#dots[at] ?? 0;
        const sign = this.#signs[at];
        // A curve goes over a mark, a point over a curve.
        if (sign !== undefined && (sign !== '╎' || dots === 0)) return sign;
        return dots === 0 ? ' ' : String.fromCodePoint(BRAILLE + dots);
      }).join(''),
    );
  }

  #join([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    for (let i = 0; i <= steps; i++) {
      this.#dot(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps));
    }
  }

  #dot(x: number, y: number): void {
    const at = Math.floor(y / 4) * this.columns + Math.floor(x / 2);
    this.#dots[at] = (this.#dots[at] ?? 0) | (DOTS[x % 2 === 0 ? 0 : 1][y % 4] ?? 0);
  }
}
