import { resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { knownSet } from '../data/known-sets.js';
import { bringKnownSet } from './bring-known-set.js';
import { parseOptions, UsageError } from './fields.js';
import { checkedBy } from './option-schemas.js';

const GetOptions = z.object({ quiet: z.boolean().default(false), json: z.boolean().default(false) });

export function dataGetCommand(): Command {
  return checkedBy(new Command('get'), GetOptions.shape)
    .description('download a known set and unpack it; prints its folder')
    .argument('<name>', 'one of onecycle data list')
    .argument('[dir]', 'folder that it becomes (default: in the cache folder)')
    .option('--quiet', 'show no progress')
    .option('--json', 'print the name and the folder as JSON')
    .action(async (name: string, dir: string | undefined, raw: Record<string, unknown>) => {
      const { quiet, json } = parseOptions(GetOptions, raw);
      const set = knownSet(name);
      if (set === undefined) throw new UsageError(`there is no known set ${name}; onecycle data list names them`);
      const folder = await bringKnownSet(set, !quiet, dir === undefined ? undefined : resolve(dir));
      process.stdout.write(`${json ? JSON.stringify({ name: name.toLowerCase(), folder }, undefined, 2) : folder}\n`);
    });
}
