import type { FeaturePrecision } from '../engine/engine.js';

/** What came of timing a body in both precisions. */
export interface Race {
  /** How many times as fast int8 is. */
  readonly gain: number;
  /** Whether it would come out the same if it were run again; it may not where something else keeps the machine busy. */
  readonly isSure: boolean;
}

/** Rounds at least and at most: a turn of each precision. */
const ROUNDS = { least: 2, most: 6 };
/** Runs of a turn that are timed. Another one comes before them: after the other precision it takes up to twice as long. */
const TIMED_RUNS = 3;
/** How far behind the shortest time the one is that tells how sure it is. Were it the next, two lucky runs would settle it on a busy machine. */
const BEHIND = 3;
/** Where the gain is known as closely as this, and may still be on either side of the bound, either precision is as good as the other. */
const CLOSE = 1.2;

/**
 * Times both precisions, by turns so that whatever else runs slows both, until it is clear on which side of a bound the gain lies. What
 * else runs only makes runs longer, so the shortest counts; how much too long it may still be, those behind it tell.
 *
 * @param run runs the body once; it has run before, so that nothing is compiled any more
 * @param bound the gain that decides
 * @param now milliseconds
 */
export async function race(
  run: (precision: FeaturePrecision) => Promise<unknown>,
  bound: number,
  now: () => number,
): Promise<Race> {
  const times: Record<FeaturePrecision, number[]> = { float32: [], int8: [] };
  const turn = async (precision: FeaturePrecision) => {
    await run(precision);
    for (let timed = 0; timed < TIMED_RUNS; timed++) {
      const began = now();
      await run(precision);
      times[precision].push(now() - began);
    }
  };
  for (let round = 1; ; round++) {
    await turn('float32');
    await turn('int8');
    if (round < ROUNDS.least) continue;
    const [float, int8] = [shortest(times.float32), shortest(times.int8)];
    const gain = float.first / int8.first;
    const [low, high] = [float.first / int8.behind, float.behind / int8.first];
    if (low > bound || high < bound) return { gain, isSure: true };
    if (round === ROUNDS.most) return { gain, isSure: high < CLOSE * low };
  }
}

function shortest(times: readonly number[]): { first: number; behind: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const [first = 0] = sorted;
  return { first, behind: sorted[BEHIND] ?? first };
}
