import { UserError } from '../../core/errors.js';

/**
 * What a pickle can hold here, as plain data. A list is an array; whole numbers are numbers where they are exact, else
 * bigints; floating numbers are numbers too.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Tuple
  | Dict
  | PickleSet
  | Callable
  | Opaque;

export class Tuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickleSet {
  readonly items: PickleValue[] = [];
}

/** A dict, or an OrderedDict: both keep their order. */
export class Dict {
  // Made when the first entry comes: a hostile file can hold millions of empty ones.
  #entries: Map<PickleValue, PickleValue> | undefined;

  set(key: PickleValue, value: PickleValue): void {
    if (key instanceof Dict || key instanceof PickleSet || Array.isArray(key)) {
      throw new UserError(`a ${kindOf(key)} is the key of a dict, which Python does not allow`);
    }
    this.#entries ??= new Map();
    this.#entries.set(key, value);
  }

  get(key: string): PickleValue | undefined {
    return this.#entries?.get(key);
  }

  entries(): Iterable<[PickleValue, PickleValue]> {
    return this.#entries ?? [];
  }

  get size(): number {
    return this.#entries?.size ?? 0;
  }
}

/** Counts work and memory that a few bytes of a pickle can ask for; throws when it is too much. */
export type Spend = (units: number) => void;

/** A function or class of Python's that a pickle may name: what it makes is decided here, nothing of Python's runs. */
export class Callable {
  constructor(
    readonly name: string,
    /** Undefined for a type that is only mentioned. */
    readonly call?: (args: readonly PickleValue[], spend: Spend) => PickleValue,
  ) {}
}

/** Something that the unpickler passes on without looking at it. */
export abstract class Opaque {
  abstract readonly kind: string;
}

/** A word for a value's type, for messages. Never its content, which may be endless. */
export function kindOf(value: PickleValue): string {
  if (value === null) return 'None';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof PickleSet) return 'set';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Callable) return value.name;
  if (value instanceof Opaque) return value.kind;
  if (typeof value === 'string') return 'str';
  return typeof value === 'boolean' ? 'bool' : 'number';
}

/** The members of a list, tuple or set. */
export function membersOf(value: PickleValue | undefined, what: string): readonly PickleValue[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple || value instanceof PickleSet) return value.items;
  throw new UserError(`${what} is ${value === undefined ? 'missing' : `a ${kindOf(value)}`}, not a list`);
}
