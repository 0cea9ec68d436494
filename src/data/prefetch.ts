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

/** Runs a task on each of the values ahead of the reader, on at most `ahead` at a time, and yields the results in order. */
export async function* mapAhead<T, R>(
  values: AsyncIterable<T>,
  ahead: number,
  task: (value: T) => Promise<R>,
): AsyncGenerator<R> {
  const source = values[Symbol.asyncIterator]();
  const pending: Promise<{ readonly result: R }>[] = [];
  let coming: Promise<{ readonly value: IteratorResult<T> }> | undefined;
  let ended = false;
  try {
    for (;;) {
      if (!ended && coming === undefined && pending.length < ahead) {
        coming = source.next().then((value) => ({ value }));
      }
      const [oldest] = pending;
      const awaited = [oldest, coming].filter((promise) => promise !== undefined);
      if (awaited.length === 0) return;
      // A value that is long in coming holds up no result.
      const first = await Promise.race(awaited);
      if ('result' in first) {
        pending.shift();
        yield first.result;
      } else {
        coming = undefined;
        if (first.value.done === true) ended = true;
        else pending.push(quietly(task(first.value.value).then((result) => ({ result }))));
      }
    }
  } finally {
    await Promise.allSettled([...pending, coming]);
    if (!ended) await source.return?.();
  }
}

/** A failure is seen when its turn comes; until then it is nobody's. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * Values in groups of `size`, the last one perhaps smaller.
 *
 * @param patience milliseconds that a group waits for further values
 */
export async function* grouped<T>(values: AsyncIterable<T>, size: number, patience: number): AsyncGenerator<T[]> {
  const source = values[Symbol.asyncIterator]();
  let group: T[] = [];
  let coming = source.next();
  for (;;) {
    const next = group.length === 0 ? await coming : await within(coming, patience);
    const isOver = next?.done === true;
    if (next !== undefined && next.done !== true) {
      group.push(next.value);
      coming = source.next();
    }
    if (group.length > 0 && (isOver || next === undefined || group.length === size)) {
      yield group;
      group = [];
    }
    if (isOver) return;
  }
}

/** What a promise gives within so many milliseconds; undefined if it takes longer. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
