import { UserError } from '../../core/errors.js';
import { Dict, kindOf, type PickleValue } from './pickle-values.js';
import { TensorRef } from './torch-tensor.js';

/**
 * Where training programs put the state_dict within what they save, the first that is there counts. Averaged weights come
 * first, as in timm: they are what was evaluated.
 */
const WRAPPERS = [
  'state_dict_ema',
  'model_ema',
  'ema_state_dict',
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'module',
  'net',
  'network',
  'weights',
  'params',
  'checkpoint',
] as const;

const DEEPEST = 4;

/**
 * The named tensors in what torch.save wrote: a state_dict, or a checkpoint that holds one.
 *
 * @throws {UserError} telling what is there instead
 */
export function findStateDict(root: PickleValue): Map<string, TensorRef> {
  const found = search(root, 0);
  if (found !== undefined) return found;
  if (!(root instanceof Dict)) throw new UserError(`it holds a ${kindOf(root)}, not a state_dict of tensors by name`);
  const keys: string[] = [];
  for (const [key] of root.entries()) {
    if (keys.push(typeof key === 'string' ? JSON.stringify(key.slice(0, 40)) : kindOf(key)) === 10) break;
  }
  throw new UserError(
    `it holds no state_dict of tensors by name; its entries are ${keys.length === 0 ? 'none' : keys.join(', ')}`,
  );
}

function search(value: PickleValue, depth: number): Map<string, TensorRef> | undefined {
  if (!(value instanceof Dict) || depth > DEEPEST) return undefined;
  for (const wrapper of WRAPPERS) {
    const inside = value.get(wrapper);
    const found = inside === undefined ? undefined : search(inside, depth + 1);
    if (found !== undefined) return found;
  }
  const tensors = new Map<string, TensorRef>();
  for (const [key, entry] of value.entries()) {
    if (typeof key === 'string' && entry instanceof TensorRef) tensors.set(key, entry);
  }
  return tensors.size > 0 ? tensors : undefined;
}
