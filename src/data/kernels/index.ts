import { BINARY } from './binary.js';

/** What kernels.wat exports; see there for what each does. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  sample(
    src: number,
    width: number,
    height: number,
    m0: number,
    m1: number,
    m2: number,
    m3: number,
    m4: number,
    m5: number,
    m6: number,
    m7: number,
    m8: number,
    mirror: number,
    work: number,
    out: number,
    plane: number,
    size: number,
  ): void;
  translate(from: number, out: number, count: number, table: number): void;
  spread(row: number, out: number, count: number): void;
  widen(row: number, taps: number, out: number, count: number): void;
  blend(
    a: number,
    b: number,
    c: number,
    d: number,
    wa: number,
    wb: number,
    wc: number,
    wd: number,
    out: number,
    count: number,
  ): void;
  checksum(from: number, count: number): number;
}

/** The part of the global `WebAssembly` used here; no library that this project compiles with declares it. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Exports };
};

const PAGE = 65536;

/** The kernels with memory of their own, which only grows. Not to be used by two callers at a time. */
export class Kernels {
  readonly run: Omit<Exports, 'memory'>;
  readonly #memory: Exports['memory'];
  #bytes: Uint8Array<ArrayBuffer>;
  #used = 0;

  constructor() {
    const binary = Uint8Array.from(atob(BINARY), (letter) => letter.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
    this.run = exports;
    this.#memory = exports.memory;
    this.#bytes = new Uint8Array(exports.memory.buffer);
  }

  /** All of the memory; to be asked for anew after `take`. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** The address of fresh bytes (their content is what was there before), a multiple of 16. */
  take(count: number): number {
    const start = this.#used;
    this.#used = start + Math.ceil(count / 16) * 16;
    const missing = this.#used - this.#bytes.length;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE));
      this.#bytes = new Uint8Array(this.#memory.buffer);
    }
    return start;
  }

  /** Gives back all that was taken from an address on. */
  release(from: number): void {
    this.#used = from;
  }
}
