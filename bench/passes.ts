import { PASS_NAMES } from '#onecycle/graph/optimise/index.js';
import { inTurns } from './rounds.js';
import { ownSteps, type StepOptions } from './steps.js';
import { table } from './table.js';

/** Prints what each pass of the graph optimiser is worth: the training step without it, in turns with the whole. */
export async function benchPasses(o: Omit<StepOptions, 'python'>): Promise<void> {
  for (const arch of o.archs) {
    const variants = ['', ...PASS_NAMES];
    const programs = variants.map((name) => ({
      name,
      program: ownSteps({ ...o, arch }, name === '' ? [] : ['--without', name]),
    }));
    const contestants = programs.map(({ name, program }) => ({ name, time: (kind: string) => program.ask(kind) }));
    try {
      const rows: string[][] = [];
      const columns = ['train', 'fixed'] as const;
      const times = [];
      for (const kind of columns) times.push(await inTurns(contestants, kind, o.rounds));
      for (const name of variants) {
        const cells = times.flatMap((byName) => {
          const [whole = Number.NaN, ms = Number.NaN] = [byName.get(''), byName.get(name)];
          return [`${ms.toFixed(0)} ms`, name === '' ? '' : (ms / whole).toFixed(2)];
        });
        rows.push([name === '' ? 'all passes' : `without ${name}`, ...cells]);
      }
      console.log(`\n${arch}, batch ${o.batch} at ${o.size} px, medians of ${o.rounds} rounds in turns`);
      console.log(table(['', 'training step', '× all', 'batch norms fixed', '× all'], rows));
    } finally {
      for (const { program } of programs) await program.close();
    }
  }
}
