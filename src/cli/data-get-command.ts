import { resolve } from 'node:path';
import { Command } from 'commander';
import { knownSet } from '../data/known-sets.js';
import { bringKnownSet } from './bring-known-set.js';
import { UsageError } from './fields.js';

export function dataGetCommand(): Command {
  return new Command('get')
    .description('download a known set and unpack it; prints its folder')
    .argument('<name>', 'one of onecycle data list')
    .argument('[dir]', 'folder that it becomes (default: in the cache folder)')
    .option('--quiet', 'show no progress')
    .action(async (name: string, dir: string | undefined, { quiet }: { quiet?: boolean }) => {
      const set = knownSet(name);
      if (set === undefined) throw new UsageError(`there is no known set ${name}; onecycle data list names them`);
      const folder = await bringKnownSet(set, quiet !== true, dir === undefined ? undefined : resolve(dir));
      process.stdout.write(`${folder}\n`);
    });
}
