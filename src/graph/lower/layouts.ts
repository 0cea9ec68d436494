import type { GraphBuilder } from '../builder.js';
import { at } from '../shapes/index.js';
import type { Value } from '../types.js';
import { blockedOp } from './blocked/nodes.js';

/**
 * Where values of the graph that is being lowered are in the new one. A picture-like value [N, C, H, W] may be there in the
 * plain layout, in ONNX Runtime's blocked layout [N, C/block, H, W, block], or in both: whoever asks for the one that is
 * missing has it put there, once.
 */
export class Layouts {
  readonly #plain = new Map<Value, Value>();
  readonly #blocked = new Map<Value, Value>();

  constructor(
    private readonly b: GraphBuilder,
    readonly block: number,
  ) {}

  setPlain(value: Value, is: Value): void {
    this.#plain.set(value, is);
  }

  setBlocked(value: Value, is: Value): void {
    this.#blocked.set(value, is);
  }

  isBlocked(value: Value): boolean {
    return this.#blocked.has(value);
  }

  /** Whether a value could be had in the blocked layout. */
  canBlock(value: Value): boolean {
    if (this.block === 0) return false;
    if (this.#blocked.has(value)) return true;
    const { dims, dtype } = this.b.type(this.#plain.get(value) ?? value);
    return dtype === 'float32' && dims.length === 4 && at(dims, 1) % this.block === 0;
  }

  /** The value in a layout that is there already. */
  any(value: Value): Value {
    return this.#plain.get(value) ?? this.#blocked.get(value) ?? value;
  }

  plain(value: Value): Value {
    if (value === '') return value;
    const found = this.#plain.get(value);
    if (found !== undefined) return found;
    const blocked = this.#blocked.get(value);
    // A value that is nowhere yet stands for itself: an input or a stored tensor.
    if (blocked === undefined) return value;
    const plain = reorder(this.b, 'ReorderOutput', blocked);
    this.#plain.set(value, plain);
    return plain;
  }

  blocked(value: Value): Value {
    const found = this.#blocked.get(value);
    if (found !== undefined) return found;
    const blocked = reorder(this.b, 'ReorderInput', this.plain(value));
    this.#blocked.set(value, blocked);
    return blocked;
  }
}

function reorder(b: GraphBuilder, op: 'ReorderInput' | 'ReorderOutput', x: Value): Value {
  const dims = b.dims(x);
  return blockedOp(b, op, [x], dims, op === 'ReorderOutput' ? { channels: at(dims, 1) } : {});
}
