/**
 * The mean probability that each class has on the items labelled with it, [classes]; undefined for a class without any: the threshold of
 * confident learning (Northcutt, Jiang & Chuang 2021).
 *
 * @param labels class of each item; below 0, no label, is left out
 * @param probability what an item's own label is given
 */
export function meanConfidences(
  labels: ArrayLike<number>,
  probability: (item: number, label: number) => number,
  classes: number,
): (number | undefined)[] {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? -1;
    if (label < 0) continue;
    sums[label] = (sums[label] ?? 0) + probability(i, label);
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return Array.from(sums, (sum, c) => {
    const count = counts[c] ?? 0;
    return count === 0 ? undefined : sum / count;
  });
}
