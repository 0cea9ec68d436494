import type { RecipeEpoch } from '../train/recipe.js';
import type { History } from '../train/recorder.js';

/**
 * A run's history from `iterations.csv` (`iteration,stage,epoch,loss,lr,momentum`) and its epochs. Lines that are no numbers are left out,
 * as far as they go.
 */
export function historyOf(csv: string, epochs: readonly RecipeEpoch[]): History {
  const history: History = { losses: [], lrs: [], moms: [], epochEnds: [], epochs: [] };
  let current: string | undefined;
  for (const line of csv.split('\n').slice(1)) {
    const [, stage, epoch, ...numbers] = line.split(',');
    if (numbers.length !== 3) continue;
    const [loss = Number.NaN, lr = Number.NaN, momentum = Number.NaN] = numbers.map(Number);
    const at = `${stage},${epoch}`;
    if (current !== undefined && current !== at) history.epochEnds.push(history.losses.length);
    current = at;
    history.losses.push(loss);
    history.lrs.push(lr);
    history.moms.push(momentum);
  }
  if (current !== undefined) history.epochEnds.push(history.losses.length);
  history.epochs.push(...epochs.map((e) => ({ ...e, validLoss: e.validLoss })));
  return history;
}
