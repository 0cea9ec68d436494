/** fastai's ways to read a finder's curve, under its names. */

/**
 * A way to read a finder's curve.
 *
 * @param losses the moving average; as many as rates, at least one
 * @returns the rate that it suggests, undefined if the curve is too short to tell
 */
export type SuggestFunc = (lrs: readonly number[], losses: readonly number[]) => number | undefined;

/** The middle of the longest run of falling losses, other losses between them left out. */
export const valley: SuggestFunc = function valley(lrs, losses) {
  const longest = Array<number>(losses.length).fill(1);
  let end = 0;
  let start = 0;
  losses.forEach((loss, i) => {
    for (let j = 0; j < i; j++) {
      if (loss < (losses[j] ?? 0)) longest[i] = Math.max(longest[i] ?? 1, (longest[j] ?? 1) + 1);
      if ((longest[end] ?? 1) < (longest[i] ?? 1)) {
        end = i;
        start = i - (longest[i] ?? 1);
      }
    }
  });
  const third = (end - start) / 3;
  return lrs[start + Math.floor(third) + Math.floor(third / 2)];
};

/** Rates between the two places whose slopes are compared. */
const SLIDE_WIDTH = 15;
const SLIDE_THRESHOLD = 0.005;

/** From the right, the first place whose slope is like that 15 rates further on: where the steep rise begins. */
export const slide: SuggestFunc = function slide(lrs, losses) {
  const n = losses.length;
  if (n <= SLIDE_WIDTH) return undefined;
  const at = (i: number) => losses[i] ?? 0;
  const slope = (i: number) => {
    if (i === 0) return at(1) - at(0);
    return i === n - 1 ? at(i) - at(i - 1) : (at(i + 1) - at(i - 1)) / 2;
  };
  let left = n - 1 - SLIDE_WIDTH;
  let found = left;
  for (; left >= 0 && Math.abs(slope(left + SLIDE_WIDTH) - slope(left)) > SLIDE_THRESHOLD; left--) found = left;
  return lrs[found];
};

/** A tenth of the rate at the lowest loss. */
export const minimum: SuggestFunc = function minimum(lrs, losses) {
  const lr = lrs[losses.indexOf(Math.min(...losses))];
  return lr === undefined ? undefined : lr / 10;
};

/** Where the loss falls fastest, by the logarithm of the rate. */
export const steep: SuggestFunc = function steep(lrs, losses) {
  if (losses.length < 2) return undefined;
  const slopes = losses
    .slice(1)
    .map((loss, i) => (loss - (losses[i] ?? 0)) / Math.log((lrs[i + 1] ?? 1) / (lrs[i] ?? 1)));
  return lrs[slopes.indexOf(Math.min(...slopes))];
};

export const SUGGEST_FUNCS: readonly SuggestFunc[] = [valley, slide, minimum, steep];

/** What each function suggests, by its name, of a curve without its first tenth and its last five rates, as fastai has it. */
export function suggestionsOf(
  lrs: readonly number[],
  losses: readonly number[],
  numIt: number,
  funcs: readonly SuggestFunc[],
): Record<string, number> {
  const from = Math.floor(numIt / 10);
  const cut = { lrs: lrs.slice(from, -5), losses: losses.slice(from, -5) };
  const suggestions: Record<string, number> = {};
  if (cut.lrs.length === 0) return suggestions;
  for (const func of funcs) {
    const lr = func(cut.lrs, cut.losses);
    if (lr !== undefined) suggestions[func.name] = lr;
  }
  return suggestions;
}
