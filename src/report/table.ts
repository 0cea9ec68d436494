/** What a row of the table tells. */
export interface EpochRow {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly validLoss?: number | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** The table that fastai prints, line by line: `epoch train_loss valid_loss METRIC… time`, columns of fixed width. */
export class EpochTable {
  readonly #columns: readonly string[];

  constructor(private readonly metrics: readonly string[]) {
    this.#columns = ['epoch', 'train_loss', 'valid_loss', ...metrics, 'time'];
  }

  header(): string {
    return this.#line(this.#columns);
  }

  row({ epoch, trainLoss, validLoss, metrics, seconds }: EpochRow): string {
    const numbers = [trainLoss, validLoss, ...this.metrics.map((name) => metrics[name])];
    return this.#line([
      String(epoch),
      ...numbers.map((x) => (x === undefined || Number.isNaN(x) ? '#na#' : x.toFixed(6))),
      clock(seconds),
    ]);
  }

  #line(cells: readonly string[]): string {
    return cells
      .map((cell, i) => cell.padEnd(Math.max(8, this.#columns[i]?.length ?? 0) + 2))
      .join('')
      .trimEnd();
  }
}

/** Seconds as `mm:ss`, or `h:mm:ss` from an hour on. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (x: number) => String(x).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** A share as a percentage with one decimal. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A learning rate in three significant digits. */
export function rateText(rate: number): string {
  return rate.toExponential(2);
}
