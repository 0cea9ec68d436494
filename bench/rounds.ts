/** Something that can be timed in turn with others: gives milliseconds. */
export interface Contestant {
  readonly name: string;
  time(kind: string): Promise<number>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

/** What a contestant does in its turn: the first time, after another's, is not counted, since steps follow each other in training. */
const IN_A_TURN = 3;

/**
 * Medians of each contestant's times. They take turns within each round, so that what else the machine does falls on all of
 * them alike; a round before the counted ones warms up.
 */
export async function inTurns(
  contestants: readonly Contestant[],
  kind: string,
  rounds: number,
): Promise<Map<string, number>> {
  const times = new Map(contestants.map((c) => [c.name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const c of contestants) {
      for (let i = 0; i < IN_A_TURN; i++) {
        const time = await c.time(kind);
        if (round >= 0 && i > 0) times.get(c.name)?.push(time);
      }
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}
