import { escapeHtml } from './escape-html.js';

export type Cell = string | number | undefined;

/** What Deno's notebook kernel asks a cell's value for. */
const DISPLAY = Symbol.for('Jupyter.display');
/** What Node's consoles, and tslab's cells, print a value by. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Rows and columns that are shown as text, as HTML, and by themselves in notebooks. */
export class Table {
  /** @param rows their first cells are their names */
  constructor(
    readonly caption: string,
    readonly header: readonly string[],
    readonly rows: readonly (readonly Cell[])[],
  ) {}

  /** A `<table>` with caption, header cells with their scope, and numbers aligned right. */
  html(): string {
    const head = this.header.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
    const body = this.rows.map(([first, ...rest]) => {
      const cells = rest.map((cell) => `<td style="text-align:right">${escapeHtml(cellText(cell))}</td>`).join('');
      return `<tr><th scope="row">${escapeHtml(cellText(first))}</th>${cells}</tr>`;
    });
    return `<table>\n<caption>${escapeHtml(this.caption)}</caption>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>\n`;
  }

  /** Columns of equal width, as far as their letters are. */
  text(): string {
    const lines = [this.header, ...this.rows.map((row) => row.map(cellText))];
    const widths = this.header.map((_, c) => Math.max(...lines.map((line) => line[c]?.length ?? 0)));
    return lines
      .map((line) =>
        line
          .map((cell, c) => cell.padEnd(widths[c] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  }

  /** For notebooks. */
  [DISPLAY](): Readonly<Record<string, string>> {
    return { 'text/html': this.html(), 'text/plain': this.text() };
  }

  /** For consoles. */
  [INSPECT](): string {
    return this.text();
  }
}

/** Numbers in six digits behind the point at most. */
function cellText(cell: Cell): string {
  if (cell === undefined || Number.isNaN(cell)) return '–';
  return typeof cell === 'number' ? String(Number(cell.toFixed(6))) : cell;
}
