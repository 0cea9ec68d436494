import { Rng, Stream } from '../../core/rng.js';
import { type CustomFunction, make, type Transform, type TransformOf } from './transform.js';

/**
 * A transform of one's own. `apply` changes the square in place: RGB planes, uint8, [3, size, size]; what it draws by `random`, uniform in
 * [0, 1), is the same in every run with the same seed. Functions cannot cross into the threads that render pictures: these run in the
 * thread that asked for the batch, after all other transforms, whatever their place in the list.
 *
 * They happen in test-time passes, too, and to single pictures where they are among the `valid` transforms; an exported
 * model does not have them.
 */
export function custom(apply: CustomFunction, options: { readonly p?: number } = {}): TransformOf<'custom'> {
  return make('custom', { ...options, apply });
}

/** A list in two parts: what may go to another thread, and what may not. */
export function partCustom(transforms: readonly Transform[]): {
  readonly data: readonly Transform[];
  readonly functions: readonly TransformOf<'custom'>[];
} {
  const functions = transforms.filter((transform) => transform.name === 'custom');
  return { data: functions.length === 0 ? transforms : transforms.filter(({ name }) => name !== 'custom'), functions };
}

/**
 * Runs functions over one square. Each has a random stream of its own.
 *
 * @param names what names the picture and the pass
 */
export function runCustom(
  functions: readonly TransformOf<'custom'>[],
  square: Uint8Array,
  size: number,
  names: { readonly seed: number; readonly epoch: number; readonly index: number; readonly pass?: number },
): void {
  functions.forEach(({ apply, p }, i) => {
    const rng = new Rng(names.seed, Stream.custom, names.epoch, names.index, i, names.pass ?? -1);
    if (p < 1 && rng.uniform() >= p) return;
    apply(square, size, () => rng.uniform());
  });
}
