import { Command } from 'commander';
import { KNOWN_SET_NAMES, KNOWN_SETS, type KnownSet } from '../data/known-sets.js';

export function dataListCommand(): Command {
  return new Command('list')
    .description('list the known sets: pictures, classes, size of the archive, task, licence and source')
    .option('--json', 'print a JSON list instead')
    .action(({ json }: { json?: boolean }) => {
      process.stdout.write(json === true ? `${JSON.stringify(asJson(), undefined, 2)}\n` : asTable());
    });
}

function entries(): (readonly [name: string, set: KnownSet])[] {
  return KNOWN_SET_NAMES.map((name) => [name.toLowerCase(), KNOWN_SETS[name]] as const);
}

function asJson(): object[] {
  return entries().map(([name, { layout: _, unreadable: __, inTable: ___, ...set }]) => ({ name, ...set }));
}

/** Two lines for each set: what it is; where it is from and what it may be used for. */
function asTable(): string {
  const rows = entries().map(([name, set]) => [
    name,
    set.pictures?.toLocaleString('en') ?? '',
    set.classes === undefined ? '' : String(set.classes),
    sizeText(set.bytes),
    set.task,
  ]);
  const head = ['name', 'pictures', 'classes', 'archive', 'task'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((c, i) => (i >= 1 && i <= 3 ? c.padStart(widths[i] ?? 0) : c.padEnd(widths[i] ?? 0))).join('  ');
  const lines = [`${line(head)}  what it is`];
  entries().forEach(([, { about, licence, source }], i) => {
    lines.push(`${line(rows[i] ?? [])}  ${about}`, `    licence: ${licence}; ${source}`);
  });
  return `${lines.join('\n')}\n`;
}

/** Bytes in decimal units, three digits at most before the point. */
function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e7 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
