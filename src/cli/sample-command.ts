import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { SAMPLE_CLASSES } from '../data/sample-drawing.js';
import { writeError } from '../runtime/node/files.js';
import { numberBetween, parseOptions, wholeNumber } from './fields.js';
import { checkedBy } from './option-schemas.js';

const SampleOptions = z.object({
  perClass: wholeNumber(2, 100_000),
  validPct: numberBetween(0, 1),
  seed: wholeNumber(0),
  json: z.boolean().default(false),
});

export function sampleCommand(): Command {
  return checkedBy(new Command('sample'), SampleOptions.shape)
    .description(`draw a set of pictures to try things on: ${SAMPLE_CLASSES.join(', ')}`)
    .argument('<dir>', 'folder to fill with train/CLASS/… and valid/CLASS/…')
    .option('--per-class <n>', 'pictures of each class', '60')
    .option('--valid-pct <share>', 'the share of them for validation', '0.25')
    .option('--seed <n>', 'the same seed draws the same pictures', '0')
    .option('--json', 'print what was drawn as JSON')
    .action(async (dir: string, raw: Record<string, unknown>) => {
      const { json, ...options } = parseOptions(SampleOptions, raw);
      const isNew = await assertFree(dir);
      const { generateSampleSet } = await import('../data/index.js');
      try {
        await generateSampleSet(dir, options);
      } catch (error) {
        // What is half filled would not be taken as a folder to fill another time.
        if (isNew) await rm(dir, { recursive: true, force: true });
        else for (const split of ['train', 'valid']) await rm(join(dir, split), { recursive: true, force: true });
        throw error instanceof UserError ? error : writeError(error, dir);
      }
      const drawn = { folder: dir, classes: SAMPLE_CLASSES, ...options };
      process.stdout.write(
        json
          ? `${JSON.stringify(drawn, undefined, 2)}\n`
          : `drew ${options.perClass} pictures of each of ${SAMPLE_CLASSES.length} classes into ${dir}\n`,
      );
    });
}

/** Whether the folder is not there yet; if it is, it must be empty. */
async function assertFree(dir: string): Promise<boolean> {
  const found = await stat(dir).catch(() => undefined);
  if (found === undefined) return true;
  if (!found.isDirectory()) throw new UserError(`${dir} is a file; name a folder`);
  if ((await readdir(dir)).length > 0) throw new UserError(`${dir} is not empty; name a new folder`);
  return false;
}
