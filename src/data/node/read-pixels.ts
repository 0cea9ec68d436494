import { readSync } from 'node:fs';
import type { PixelSource } from '../render.js';

/** Fills `target` from shared memory or an open file; an error if the file ends before. */
export function readPixels(source: PixelSource, start: number, target: Uint8Array): void {
  if (typeof source !== 'number') {
    target.set(new Uint8Array(source, start, target.length));
    return;
  }
  for (let done = 0; done < target.length; ) {
    const count = readSync(source, target, done, target.length - done, start + done);
    if (count === 0) throw new Error('the file of decoded pictures ends too early');
    done += count;
  }
}
