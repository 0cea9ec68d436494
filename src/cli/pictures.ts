import type { Command } from 'commander';
import { z } from 'zod';
import { numberBetween, wholeNumber } from './fields.js';
import { option } from './option.js';

/** Options of reading pictures and telling splits by folders. */
export const pictureFields = {
  valid: z.string().optional(),
  test: z.string().optional(),
  validPct: numberBetween(0, 1),
  limitPerClass: wholeNumber(1).optional(),
  validLimitPerClass: wholeNumber(1).optional(),
  corrupt: z.enum(['skip', 'error'], { error: 'must be "skip" or "error"' }),
  truncated: z.enum(['error', 'accept'], { error: 'must be "error" or "accept"' }).default('error'),
  maxPixels: wholeNumber(1).optional(),
  workers: wholeNumber(0, 256),
};

export const PICTURE_DEFAULTS = { validPct: 0.2, corrupt: 'skip', truncated: 'error', workers: 1 } as const;

/** Adds the options' flags to a command. */
export function addPictures(command: Command): Command {
  const d = PICTURE_DEFAULTS;
  return command
    .optionsGroup('Pictures:')
    .addOption(option('--valid <name>', 'folder to validate on (default: valid, val, validation or test)'))
    .addOption(
      option(
        '--test <name>',
        'folder of a test set that chooses nothing and is measured on at the end (default: test)',
      ),
    )
    .addOption(option('--valid-pct <share>', 'without such a folder, the share drawn from each class', d.validPct))
    .addOption(option('--limit-per-class <n>', 'train on the first n pictures of each class'))
    .addOption(option('--valid-limit-per-class <n>', 'validate on the first n pictures of each class'))
    .addOption(option('--corrupt <what>', 'what to do about damaged files: skip or error', d.corrupt))
    .addOption(
      option(
        '--truncated <what>',
        'files that are cut off: error counts them as damaged, accept takes them as far as they go',
        d.truncated,
      ),
    )
    .addOption(option('--max-pixels <n>', 'pictures with more pixels count as damaged (default: 178956970)'))
    .addOption(option('--workers <n>', 'threads that prepare pictures', d.workers));
}
