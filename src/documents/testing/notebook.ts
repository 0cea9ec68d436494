import { z } from 'zod';

const Notebook = z.object({
  cells: z.array(z.object({ cell_type: z.enum(['code', 'markdown', 'raw']), source: z.array(z.string()) })),
});

/** The code cells of a notebook, in order, as one module: what running all of them does. */
export function notebookCode(json: string): string {
  const { cells } = Notebook.parse(JSON.parse(json));
  const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''));
  // A cell's last value has no semicolon behind it.
  return `${code.map((cell) => cell.replace(/;?$/, ';')).join('\n')}\n`;
}
