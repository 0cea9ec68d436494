/** Bound on the memory of batches that nobody has read yet, in bytes; one batch is always made. */
export const AHEAD_BYTES = 256 * 2 ** 20;
/** Batches made ahead of the reader: enough to hide a slow one. */
const AHEAD = 3;

/** How many batches of so many bytes each are made ahead: enough for every worker, within the bound on memory. */
export function batchesAhead(batchBytes: number, workers: number): number {
  return Math.max(1, Math.min(Math.max(AHEAD, workers + 1), Math.floor(AHEAD_BYTES / batchBytes)));
}

/**
 * Runs `make(0)`, `make(1)`, … up to `count` ahead of the reader, at most `ahead` at a time, and yields the results in order.
 *
 * When the reader leaves, or one of them fails, no more are started and those under way are waited for.
 */
export async function* prefetch<T>(
  count: number,
  ahead: number,
  make: (index: number) => Promise<T>,
): AsyncGenerator<T> {
  const pending: Promise<T>[] = [];
  let started = 0;
  try {
    for (;;) {
      while (started < count && pending.length < ahead) {
        const result = make(started++);
        // A failure is seen when its turn comes; until then it is nobody's.
        result.catch(() => {});
        pending.push(result);
      }
      const next = pending.shift();
      if (next === undefined) return;
      yield await next;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}

/** The first `count` of what is yielded. */
export async function* take<T>(values: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let taken = 0;
  if (count <= 0) return;
  for await (const value of values) {
    yield value;
    if (++taken === count) return;
  }
}
