import { messageOf, UserError } from '../../core/errors.js';
import type { Skipped } from '../item.js';
import { type ItemSet, SPLITS } from '../item-set.js';
import type { OnProgress } from '../progress.js';
import { mapBounded } from './map-bounded.js';
import type { PictureStore } from './picture-store.js';

/** The store bounds the decoding itself; a few more lanes keep it fed. */
const LANES = 32;

export interface DecodeAllOptions {
  /** Side of the square pictures in pixels. */
  readonly size: number;
  readonly corrupt: 'skip' | 'error';
  readonly onSkip: ((skipped: Skipped) => void) | undefined;
  readonly onProgress: OnProgress | undefined;
  /** Whether the work is no longer wanted. */
  readonly isClosed: () => boolean;
}

/** Has every picture of a set decoded, and leaves out those that cannot be; a UserError where that is too much. */
export async function decodeAll(items: ItemSet, store: PictureStore, options: DecodeAllOptions): Promise<void> {
  const { size, corrupt, onSkip, onProgress, isClosed } = options;
  const total = SPLITS.reduce((sum, split) => sum + items.split(split).length, 0);
  let done = 0;
  for (const split of SPLITS) {
    const reasons = await mapBounded(items.split(split), LANES, async ({ file }) => {
      const reason = isClosed() ? 'closed' : await store.check(file, size).then(() => undefined, messageOf);
      if (reason !== undefined && corrupt === 'error') throwIfAny([{ file, reason }]);
      onProgress?.({ stage: 'decode', done: ++done, total });
      return reason;
    });
    if (isClosed()) throw new UserError('This data bunch was closed while its pictures were being read');
    const before = items.skipped.length;
    try {
      items.leaveOut(split, reasons);
    } finally {
      for (const skipped of items.skipped.slice(before)) onSkip?.(skipped);
    }
  }
}

/** Throws a UserError about the first of the files that were left out. */
export function throwIfAny([first]: readonly Skipped[]): void {
  if (first === undefined) return;
  throw new UserError(
    `${first.file} cannot be used: ${first.reason}. Remove it, or set corrupt: 'skip' to leave such files out.`,
  );
}
