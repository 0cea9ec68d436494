import { Rng, Stream } from '../../core/rng.js';
import { byCodePoint } from '../code-points.js';

export interface DrawOptions {
  /** Share of the pictures to draw, 0 to 1. */
  readonly share: number;
  readonly seed: number;
  /** Tells several draws with one seed apart. Default: none. */
  readonly turn?: number | undefined;
  /** For each picture, what must be drawn in equal shares. */
  readonly strata?: readonly string[] | undefined;
  /** For each picture, what must stay together. */
  readonly groups?: readonly string[] | undefined;
}

/** Draws a share of `n` pictures: 1 where one is drawn, [n]. A stratum, and the whole, keep at least one picture. */
export function draw(n: number, { share, seed, turn, strata, groups }: DrawOptions): Uint8Array {
  const stratumOf = numbered(strata ?? Array<string>(n).fill(''));
  const streamOf = (part: number) => new Rng(seed, Stream.split, part, ...(turn === undefined ? [] : [turn]));
  return groups === undefined
    ? drawPictures(stratumOf, share, streamOf)
    : drawGroups(stratumOf, numbered(groups), share, streamOf);
}

/** Each stratum has its own stream, by its place in the order of names: as folders of classes are split. */
function drawPictures(stratumOf: Int32Array, share: number, streamOf: (part: number) => Rng): Uint8Array {
  const drawn = new Uint8Array(stratumOf.length);
  membersOf(stratumOf).forEach((members, stratum) => {
    const count = Math.min(Math.round(members.length * share), members.length - 1);
    const order = streamOf(stratum).shuffle(members.map((_, i) => i));
    for (const i of order.slice(0, count)) drawn[members[i] ?? 0] = 1;
  });
  return drawn;
}

/**
 * Groups come in random order, and one is drawn if that brings the counts of its strata closer to their shares: counts
 * are as exact as the smallest groups allow.
 */
function drawGroups(
  stratumOf: Int32Array,
  groupOf: Int32Array,
  share: number,
  streamOf: (part: number) => Rng,
): Uint8Array {
  const missing = membersOf(stratumOf).map((members) => members.length * share);
  const drawn = new Uint8Array(stratumOf.length);
  const groups = streamOf(0).shuffle(membersOf(groupOf));
  let left = groups.length;
  for (const members of groups) {
    const counts = new Map<number, number>();
    for (const i of members) counts.set(stratumOf[i] ?? 0, (counts.get(stratumOf[i] ?? 0) ?? 0) + 1);
    // By how much the sum of squared errors would change.
    let change = 0;
    for (const [stratum, count] of counts) change += count * (count - 2 * (missing[stratum] ?? 0));
    if (change >= 0 || left === 1) continue;
    left--;
    for (const [stratum, count] of counts) missing[stratum] = (missing[stratum] ?? 0) - count;
    for (const i of members) drawn[i] = 1;
  }
  return drawn;
}

/** The place of each name in the order of all names, [n]. */
function numbered(names: readonly string[]): Int32Array {
  const numbers = new Map([...new Set(names)].sort(byCodePoint).map((name, number) => [name, number]));
  return Int32Array.from(names, (name) => numbers.get(name) ?? 0);
}

/** The positions that have each number. */
function membersOf(numbers: Int32Array): number[][] {
  const members: number[][] = [];
  numbers.forEach((number, i) => {
    const own = members[number];
    if (own === undefined) members[number] = [i];
    else own.push(i);
  });
  return members;
}
