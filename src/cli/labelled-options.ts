import type { Command } from 'commander';
import { z } from 'zod';
import { wholeNumber, word } from './fields.js';
import { metricNames } from './objective.js';
import { option } from './option.js';
import { addPictures, pictureFields } from './pictures.js';
import { addSource, sourceFields } from './source.js';

/** Which pictures a model is measured on. */
export const MEASURED = ['train', 'valid', 'test', 'all'] as const;
export type Measured = (typeof MEASURED)[number];

/** What says where labelled pictures are. */
export const LabelledSourceFields = z.object({
  data: z.string(),
  seed: wholeNumber(0),
  ...pictureFields,
  ...sourceFields,
});

/** What says which labelled pictures a model is measured on, and by what. */
export const labelledFields = {
  split: word(MEASURED).optional(),
  metrics: metricNames().optional(),
  bs: wholeNumber(1, 4096),
  quiet: z.boolean().default(false),
  seed: wholeNumber(0),
  ...pictureFields,
  ...sourceFields,
};

/** Adds the flags to a command; `seed` is what its seed decides. */
export function addLabelled(command: Command, { seed }: { readonly seed: string }): Command {
  command
    .addOption(
      option(
        '--split <name>',
        `measured on: one of ${MEASURED.join(', ')} (default: test if there is one, else valid, else all; nothing is drawn)`,
      ),
    )
    .addOption(option('--metrics <names>', "separated by commas, as for train (default: the task's)"))
    .addOption(option('--bs <n>', 'pictures in a batch', 32))
    .addOption(option('--seed <n>', seed, 0));
  return addSource(addPictures(command), option);
}
