import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { DataBunch } from '../data/index.js';

/** What tells one set of pictures from another: names, order and labels, wherever they lie. */
export const DataFingerprint = z.object({ train: z.number(), valid: z.number(), sha256: z.string() });
export type DataFingerprint = z.infer<typeof DataFingerprint>;

export function fingerprintOf(data: DataBunch): DataFingerprint {
  const hash = createHash('sha256').update(JSON.stringify([data.task, data.classes]));
  for (const split of ['train', 'valid'] as const) {
    const names = Array.from({ length: data.length(split) }, (_, i) => basename(data.file(split, i)));
    hash.update(JSON.stringify(names)).update(data.labels(split)).update(data.targets(split));
  }
  return { train: data.length('train'), valid: data.length('valid'), sha256: hash.digest('hex') };
}

/** @throws {UserError} if a run that goes on would see other pictures than it began with */
export function assertSamePictures(began: DataFingerprint, now: DataFingerprint): void {
  if (began.sha256 === now.sha256) return;
  const counts = (of: DataFingerprint) => `${of.train} to train on and ${of.valid} to validate`;
  throw new UserError(
    `the pictures or their labels are not those that this run began with (${counts(began)}; now ${counts(now)}); put them back, or go on with what there is by --force`,
  );
}
