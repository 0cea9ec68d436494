import { lightingTable, unchanged } from '../lighting.js';
import type { Pass } from './passes/pass.js';
import { applyTable, compose } from './passes/tables.js';

/**
 * The changes of colours of one picture in their order. Neighbours that replace each byte by another become one table, and the first
 * of these is applied while the picture is sampled; the rest are passes over the square.
 */
export class ColourChain {
  #shift = 0;
  #scale = 1;
  #table: Uint8Array | undefined;
  #first: Uint8Array = unchanged;
  readonly #passes: Pass[] = [];

  /** Adds in logit space. Several of these and of `scale` in a row are rounded once. */
  shift(by: number): void {
    this.#shift += by / this.#scale;
  }

  /** Multiplies in logit space. */
  scale(by: number): void {
    this.#scale *= by;
  }

  /** Replaces bytes, [256]. */
  replace(table: Uint8Array): void {
    this.#endLight();
    this.#table = this.#table === undefined ? table : compose(table, this.#table);
  }

  pass(pass: Pass): void {
    this.#endTable();
    this.#passes.push(pass);
  }

  /** The table of the sampler, and what follows it. */
  end(): { readonly table: Uint8Array; readonly passes: readonly Pass[] } {
    this.#endTable();
    return { table: this.#first, passes: this.#passes };
  }

  #endLight(): void {
    if (this.#shift === 0 && this.#scale === 1) return;
    const light = lightingTable(this.#shift, this.#scale);
    this.#shift = 0;
    this.#scale = 1;
    this.#table = this.#table === undefined ? light : compose(light, this.#table);
  }

  #endTable(): void {
    this.#endLight();
    const table = this.#table;
    if (table === undefined) return;
    this.#table = undefined;
    if (this.#passes.length === 0) this.#first = table;
    else this.#passes.push((pixels) => applyTable(pixels, table));
  }
}
