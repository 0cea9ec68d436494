/** More points than this cannot be told apart. */
const MOST_POINTS = 2000;

/** Values by their number from 1, every so manieth of them and the last. */
export function thinned(values: readonly number[]): [number, number][] {
  const step = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  return values.flatMap((value, i): [number, number][] =>
    i % step === 0 || i === values.length - 1 ? [[i + 1, value]] : [],
  );
}
