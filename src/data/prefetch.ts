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
