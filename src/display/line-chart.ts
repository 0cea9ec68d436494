export interface Axis {
  readonly name: string;
  /** Default `linear`. */
  readonly scale?: 'linear' | 'log' | undefined;
  /** Default: what the values reach. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Whether only whole numbers mean something. Default false. */
  readonly whole?: boolean | undefined;
}

/** A curve, or points. */
export interface Curve {
  readonly name: string;
  /** x and y; NaN leaves a gap. */
  readonly points: readonly (readonly [number, number])[];
  /** `line` for many points, `points` for points joined by a thin line, `dots` for points alone. Default `line`. */
  readonly kind?: 'line' | 'points' | 'dots' | undefined;
  /** Which of the colours. Default: its place; `grey`, dashed, is for what stands behind. */
  readonly colour?: number | 'grey' | undefined;
  /** Whether it belongs to the axis on the right. Default false. */
  readonly right?: boolean | undefined;
}

/** A place on the x axis, with a line from bottom to top. */
export interface Mark {
  readonly name: string;
  readonly at: number;
  readonly colour: number | 'grey' | 'ink';
}

/** A chart of curves as plain data. */
export interface LineChartData {
  readonly title: string;
  readonly description?: string | undefined;
  readonly x: Axis;
  readonly y: Axis;
  /** The axis on the right, if there is one. */
  readonly right?: Axis | undefined;
  readonly curves: readonly Curve[];
  readonly marks?: readonly Mark[] | undefined;
}

/** What an axis reaches: its bounds, where they are given, or its values; around a single value a little on both sides. */
export function rangeOf({ x, y, right, curves }: LineChartData, which: 'x' | 'y' | 'right'): [number, number] {
  const axis = which === 'x' ? x : which === 'y' ? y : (right ?? y);
  const values = curves
    .filter((curve) => which === 'x' || (curve.right === true) === (which === 'right'))
    .flatMap(({ points }) => points.map((point) => point[which === 'x' ? 0 : 1]))
    .filter((value) => Number.isFinite(value) && (axis.scale !== 'log' || value > 0));
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const low = axis.min ?? (Number.isFinite(least) ? least : axis.scale === 'log' ? 0.1 : 0);
  const high = axis.max ?? (Number.isFinite(most) ? most : axis.scale === 'log' ? 1 : 1);
  if (high > low) return [low, high];
  if (axis.scale === 'log') return [low / 2, low * 2];
  // Epoch 0 alone is a place between -0.5 and 0.5; a loss of 0.02 one between 0.018 and 0.022.
  const beside = axis.whole === true || low === 0 ? 0.5 : Math.abs(low) / 10;
  if (axis.min !== undefined) return [axis.min, axis.min + 2 * beside];
  return axis.max === undefined ? [low - beside, low + beside] : [axis.max - 2 * beside, axis.max];
}

/** Where on the x axis a value lies, from 0 to 1. */
export function placeOf(data: LineChartData, at: number): number {
  const [low, high] = rangeOf(data, 'x');
  const log = data.x.scale === 'log';
  return log ? Math.log(at / low) / Math.log(high / low) : (at - low) / (high - low);
}

/** A number on an axis, in four digits at most. */
export function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}
