import { escapeHtml } from '../../display/index.js';

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | undefined | readonly Html[];

/** HTML in which everything that is put in is escaped, unless it is HTML itself; lists are joined, undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, i) => part + textOf(values[i])).join(''));
}

/** Pieces one after the other. */
export function join(pieces: readonly Html[], between = ''): Html {
  return new Html(pieces.map(({ text }) => text).join(between));
}

/** What a plot's `svg` or a table's `html` gives. */
export function raw(text: string): Html {
  return new Html(text);
}

function textOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return join(value, '\n').text;
}
