import { UserError } from '../../core/errors.js';
import type { ByteReader } from './byte-reader.js';
import {
  byteString,
  floatingNumber,
  longNumber,
  quoted,
  quotedString,
  rawUnicode,
  unicode,
  wholeNumber,
} from './pickle-text.js';
import { Callable, Dict, kindOf, PickleSet, type PickleValue, Tuple } from './pickle-values.js';

/** What a pickle may reach outside of itself. */
export interface UnpickleHost {
  /** What a global stands for. Throws a UserError for any that is not known. */
  find(module: string, name: string): PickleValue;
  /** What a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
}

/**
 * Bound on opcodes and on what they copy. A state_dict takes about twenty opcodes a tensor, so that this is some hundred
 * thousand tensors; and since an opcode makes at most one small value, it bounds memory to a few hundred megabytes.
 */
const MOST_UNITS = 2 ** 22;

/**
 * Reads one pickle (protocols 0 to 5) as data, up to behind its STOP.
 *
 * An abstract machine with a stack and a memo, as pickletools documents it; but it calls nothing: globals are what `host.find`
 * makes of their names, and objects are made by `Callable`s of this project's own. Everything is iterative, so that
 * nesting costs no stack; cycles and shared parts stay shared.
 *
 * @throws {UserError} if the bytes are no pickle, are cut off, ask for anything unknown, or for too much
 */
export function unpickle(reader: ByteReader, host: UnpickleHost): PickleValue {
  return new Machine(reader, host).run();
}

class Machine {
  readonly #memo = new Map<number, PickleValue>();
  /** The stacks below each mark. */
  readonly #marked: PickleValue[][] = [];
  #stack: PickleValue[] = [];
  #units = 0;

  constructor(
    private readonly r: ByteReader,
    private readonly host: UnpickleHost,
  ) {}

  run(): PickleValue {
    for (;;) {
      const opcode = this.r.u8();
      this.#spend(1);
      // STOP
      if (opcode === 0x2e) return this.#pop();
      const value = this.#step(opcode);
      if (value !== undefined) this.#stack.push(value);
    }
  }

  readonly #spend = (units: number): void => {
    this.#units += units;
    if (this.#units > MOST_UNITS) throw new UserError('its pickle is too large for weights');
  };

  /** Does what an opcode says; gives what it puts on the stack, if anything. */
  #step(opcode: number): PickleValue | undefined {
    const { r } = this;
    switch (opcode) {
      // ---- the protocol ----
      case 0x80: {
        const protocol = r.u8();
        if (protocol > 5) throw new UserError(`its pickle is of protocol ${protocol}; 5 is the highest known`);
        return undefined;
      }
      case 0x95: // FRAME: a hint how much to read ahead
        if (r.u64() > r.left) throw new UserError('it is cut off: a frame of its pickle is longer than the file');
        return undefined;

      // ---- the stack ----
      case 0x28: // MARK
        this.#marked.push(this.#stack);
        this.#stack = [];
        return undefined;
      case 0x30: // POP: takes a mark off if nothing lies on it
        if (this.#stack.length > 0) this.#stack.pop();
        else this.#popMark();
        return undefined;
      case 0x31: // POP_MARK
        this.#popMark();
        return undefined;
      case 0x32: // DUP
        return this.#top();

      // ---- the memo ----
      case 0x70: // PUT
        return this.#memoise(this.#index(wholeNumber(r.line())));
      case 0x71: // BINPUT
        return this.#memoise(r.u8());
      case 0x72: // LONG_BINPUT
        return this.#memoise(r.u32());
      case 0x94: // MEMOIZE
        return this.#memoise(this.#memo.size);
      case 0x67: // GET
        return this.#recall(this.#index(wholeNumber(r.line())));
      case 0x68: // BINGET
        return this.#recall(r.u8());
      case 0x6a: // LONG_BINGET
        return this.#recall(r.u32());

      // ---- numbers ----
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x49: {
        // INT: 00 and 01 are Python 2's booleans
        const line = r.line();
        if (line.length === 2 && line[0] === 0x30 && (line[1] === 0x30 || line[1] === 0x31)) {
          return line[1] === 0x31;
        }
        return wholeNumber(line);
      }
      case 0x4a: // BININT
        return r.i32();
      case 0x4b: // BININT1
        return r.u8();
      case 0x4d: // BININT2
        return r.u16();
      case 0x4c: // LONG
        return wholeNumber(r.line());
      case 0x8a: // LONG1
        return longNumber(r.take(r.u8()));
      case 0x8b: // LONG4
        return longNumber(r.take(r.i32() >>> 0));
      case 0x46: // FLOAT
        return floatingNumber(r.line());
      case 0x47: // BINFLOAT
        return r.f64BigEndian();

      // ---- strings and bytes ----
      case 0x53: // STRING
        return quotedString(r.line());
      case 0x54: // BINSTRING
        return byteString(r.take(r.u32()));
      case 0x55: // SHORT_BINSTRING
        return byteString(r.take(r.u8()));
      case 0x56: // UNICODE
        return rawUnicode(r.line());
      case 0x8c: // SHORT_BINUNICODE
        return unicode(r.take(r.u8()));
      case 0x58: // BINUNICODE
        return unicode(r.take(r.u32()));
      case 0x8d: // BINUNICODE8
        return unicode(r.take(r.u64()));
      case 0x43: // SHORT_BINBYTES
        return this.#bytes(r.u8());
      case 0x42: // BINBYTES
        return this.#bytes(r.u32());
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#bytes(r.u64());

      // ---- containers ----
      case 0x29: // EMPTY_TUPLE
        return new Tuple([]);
      case 0x85: // TUPLE1
        return new Tuple(this.#take(1));
      case 0x86: // TUPLE2
        return new Tuple(this.#take(2));
      case 0x87: // TUPLE3
        return new Tuple(this.#take(3));
      case 0x74: // TUPLE
        return new Tuple(this.#popMark());
      case 0x5d: // EMPTY_LIST
        return [];
      case 0x6c: // LIST
        return this.#popMark();
      case 0x61: {
        // APPEND
        const value = this.#pop();
        return this.#append([value]);
      }
      case 0x65: // APPENDS
        return this.#append(this.#popMark());
      case 0x7d: // EMPTY_DICT
        return new Dict();
      case 0x64: {
        // DICT
        const items = this.#popMark();
        const dict = new Dict();
        this.#setItems(dict, items);
        return dict;
      }
      case 0x73: // SETITEM
        return this.#setTopItems(this.#take(2));
      case 0x75: // SETITEMS
        return this.#setTopItems(this.#popMark());
      case 0x8f: // EMPTY_SET
        return new PickleSet();
      case 0x90: {
        // ADDITEMS
        const items = this.#popMark();
        const set = this.#top();
        if (!(set instanceof PickleSet)) throw new UserError(`its pickle adds to a ${kindOf(set)} as to a set`);
        for (const item of items) set.items.push(item);
        return undefined;
      }
      case 0x91: {
        // FROZENSET
        const set = new PickleSet();
        for (const item of this.#popMark()) set.items.push(item);
        return set;
      }

      // ---- what lies outside ----
      case 0x63: // GLOBAL
        return this.host.find(unicode(r.line()), unicode(r.line()));
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#take(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw new UserError('its pickle names a global by something that is not text');
        }
        return this.host.find(module, name);
      }
      case 0x50: // PERSID
        return this.host.persistent(unicode(r.line()));
      case 0x51: // BINPERSID
        return this.host.persistent(this.#pop());
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [made, args] = this.#take(2);
        return this.#call(made, args);
      }
      case 0x92: {
        // NEWOBJ_EX
        const [made, args, named] = this.#take(3);
        if (!(named instanceof Dict) || named.size > 0) throw new UserError('its pickle calls with named arguments');
        return this.#call(made, args);
      }
      case 0x69: {
        // INST
        const made = this.host.find(unicode(r.line()), unicode(r.line()));
        return this.#call(made, new Tuple(this.#popMark()));
      }
      case 0x6f: {
        // OBJ
        const [made, ...args] = this.#popMark();
        return this.#call(made, new Tuple(args));
      }
      case 0x62: {
        // BUILD: attributes of an OrderedDict, such as state_dict's _metadata, are nothing that weights need
        this.#pop();
        const object = this.#top();
        if (!(object instanceof Dict)) throw new UserError(`its pickle sets the state of a ${kindOf(object)}`);
        return undefined;
      }
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw new UserError("its pickle uses Python's registry of extensions, which is refused");
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new UserError('its pickle refers to buffers outside of the file');
      default:
        throw new UserError(`byte ${this.r.at - 1} (0x${opcode.toString(16)}) is no opcode of a pickle`);
    }
  }

  #bytes(count: number): Uint8Array {
    // A view takes more memory than any other value, even of no bytes.
    this.#spend(4);
    return this.r.take(count);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new UserError('its pickle takes more from the stack than is there');
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new UserError('its pickle takes more from the stack than is there');
    return value;
  }

  /** The topmost values, the lowest first. */
  #take(count: number): PickleValue[] {
    if (this.#stack.length < count) throw new UserError('its pickle takes more from the stack than is there');
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #popMark(): PickleValue[] {
    const below = this.#marked.pop();
    if (below === undefined) throw new UserError('its pickle takes a mark off the stack where there is none');
    const above = this.#stack;
    this.#stack = below;
    return above;
  }

  #memoise(index: number): undefined {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw new UserError(`its pickle refers to entry ${index} of the memo, which is not there`);
    return value;
  }

  #index(n: number | bigint): number {
    if (typeof n === 'bigint' || n < 0) throw new UserError(`${n} is no place in a pickle's memo`);
    return n;
  }

  #append(items: readonly PickleValue[]): undefined {
    const list = this.#top();
    if (!Array.isArray(list)) throw new UserError(`its pickle appends to a ${kindOf(list)}`);
    for (const item of items) list.push(item);
  }

  #setTopItems(items: readonly PickleValue[]): undefined {
    const dict = this.#top();
    if (!(dict instanceof Dict)) throw new UserError(`its pickle sets items of a ${kindOf(dict)}`);
    this.#setItems(dict, items);
  }

  #setItems(dict: Dict, items: readonly PickleValue[]): void {
    if (items.length % 2 === 1) throw new UserError('its pickle sets a key without a value');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i] ?? null, items[i + 1] ?? null);
  }

  #call(made: PickleValue | undefined, args: PickleValue | undefined): PickleValue {
    if (!(made instanceof Callable)) {
      throw new UserError(`its pickle calls a ${made === undefined ? 'nothing' : kindOf(made)}`);
    }
    if (made.call === undefined)
      throw new UserError(`its pickle calls ${quoted(made.name)}, which is refused; nothing was run`);
    if (!(args instanceof Tuple)) throw new UserError(`its pickle calls ${made.name} without a tuple of arguments`);
    return made.call(args.items, this.#spend);
  }
}
