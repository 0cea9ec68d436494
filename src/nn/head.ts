import type { Value } from '../graph/types.js';
import type { Forward } from './forward.js';

export interface HeadOptions {
  /** Dropout before the last layer; half of it before the first. Default 0.5, or the architecture's. */
  readonly dropout?: number;
  /** Width of the hidden layer. Default 512, or the architecture's. */
  readonly hidden?: number;
}

/** Mean and maximum of each plane, side by side: [N, C, h, w] to [N, 2C]. Features [N, C] are pooled already. */
export function concatPool(f: Forward, features: Value): Value {
  if (f.b.dims(features).length === 2) return features;
  return f.concat([f.maxPooled(features), f.averagePooled(features)]);
}

/**
 * fastai's head on pooled features [N, F]: batch norm, dropout, linear, ReLU, batch norm, dropout, linear; logits
 * [N, classes].
 */
export function head(f: Forward, pooled: Value, classes: number, o: HeadOptions = {}): Value {
  const { dropout = 0.5, hidden = 512 } = o;
  let y = f.dropout('head.dropout1', f.batchNorm('head.bn1', pooled), dropout / 2);
  y = f.relu(f.linear('head.linear1', y, hidden, 'kaiming-normal'));
  y = f.dropout('head.dropout2', f.batchNorm('head.bn2', y), dropout);
  return f.linear('head.linear2', y, classes, 'kaiming-normal');
}
