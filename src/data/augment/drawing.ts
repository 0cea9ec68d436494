import type { Rng } from '../../core/rng.js';
import type { Extent, PaddingMode } from '../framing.js';
import { compose, type Homography, translation } from '../homography.js';
import type { View } from '../view.js';
import { ColourChain } from './colour-chain.js';
import type { Range } from './fields.js';

/**
 * What has been drawn for one picture so far.
 *
 * As in fastai v1 whatever the order of the list: the square is cut last, out of the flipped picture, out of the warped and
 * affinely moved one. With S what moves the square itself, C crop, F flip, W warp, A the product of the affine matrices in list
 * order, and N from pixels to [-1, 1]²: map = N⁻¹ · A · W · N · F · C · S.
 */
export class Drawing {
  readonly colours = new ColourChain();
  /** Of the picture with its padding, in pixels. */
  #width: number;
  #height: number;
  #padding = 0;
  #paddingMode: PaddingMode;
  #cut: Homography;
  #flip = false;
  #warp: Homography | undefined;
  #affine: Homography | undefined;
  #onSquare: Homography | undefined;

  /**
   * @param shown the picture as it is shown
   * @param size side of the square in pixels
   */
  constructor(
    readonly rng: Rng,
    private readonly shown: Extent,
    readonly size: number,
    paddingMode: PaddingMode,
  ) {
    this.#width = shown.width;
    this.#height = shown.height;
    this.#paddingMode = paddingMode;
    this.#cut = this.#cropped(0.5, 0.5);
  }

  /** Of the picture with its padding, in pixels. */
  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  /** Uniform in a range, which costs no random number where it is a fixed value. */
  draw([low, high]: Range): number {
    return low === high ? low : this.rng.uniform(low, high);
  }

  /** The same, uniform in its logarithm. */
  drawLog([low, high]: Range): number {
    return Math.exp(this.draw([Math.log(low), Math.log(high)]));
  }

  /** A whole number of a range, both ends included. */
  drawWhole([low, high]: Range): number {
    return low === high ? low : low + this.rng.int(high - low + 1);
  }

  /** Adds pixels on each side; to be called before anything that counts in pixels. */
  pad(padding: number, mode: PaddingMode | undefined): void {
    this.#padding += padding;
    this.#width += 2 * padding;
    this.#height += 2 * padding;
    this.padWith(mode);
    this.#cut = this.#cropped(0.5, 0.5);
  }

  padWith(mode: PaddingMode | undefined): void {
    this.#paddingMode = mode ?? this.#paddingMode;
  }

  /** Cuts the square at a place of the room there is. */
  crop(rowPct: number, colPct: number): void {
    this.#cut = this.#cropped(rowPct, colPct);
  }

  /** Cuts a box, in pixels, and squeezes it into the square. */
  box(left: number, top: number, width: number, height: number): void {
    const [x, y] = [width / this.size, height / this.size];
    // Areas of pixels are aligned, not their centres.
    this.#cut = [x, 0, left + (x - 1) / 2, 0, y, top + (y - 1) / 2, 0, 0, 1];
  }

  flip(): void {
    this.#flip = !this.#flip;
  }

  /** A map of the picture in [-1, 1]² that is not affine. */
  warp(map: Homography): void {
    this.#warp = this.#warp === undefined ? map : compose(map, this.#warp);
  }

  /** An affine map of a square picture in [-1, 1]², which keeps shapes in others, too. */
  affine(map: Homography): void {
    this.#affine = this.#affine === undefined ? map : compose(this.#affine, map);
  }

  /** A map of the square in its pixels. */
  onSquare(map: Homography): void {
    this.#onSquare = this.#onSquare === undefined ? map : compose(this.#onSquare, map);
  }

  /** A map of the square in [-1, 1]². */
  onSquareUnits(map: Homography): void {
    const half = Math.max(1, this.size - 1) / 2;
    this.onSquare(
      compose([half, 0, half, 0, half, half, 0, 0, 1], compose(map, [1 / half, 0, -1, 0, 1 / half, -1, 0, 0, 1])),
    );
  }

  view(): View {
    const colours = this.colours.end();
    return {
      shown: this.shown,
      map: this.#map(),
      padding: this.#paddingMode,
      table: colours.table,
      passes: colours.passes,
    };
  }

  #map(): Homography {
    const [width, height] = [this.#width, this.#height];
    let map = this.#onSquare === undefined ? this.#cut : compose(this.#cut, this.#onSquare);
    if (this.#flip) map = compose([-1, 0, width - 1, 0, 1, 0, 0, 0, 1], map);
    if (this.#warp !== undefined || this.#affine !== undefined) {
      const sx = Math.max(1, width - 1) / 2;
      const sy = Math.max(1, height - 1) / 2;
      map = compose([1 / sx, 0, -1, 0, 1 / sy, -1, 0, 0, 1], map);
      if (this.#warp !== undefined) map = compose(this.#warp, map);
      if (this.#affine !== undefined) map = compose(inPictureUnits(this.#affine, sy / sx), map);
      map = compose([sx, 0, sx, 0, sy, sy, 0, 0, 1], map);
    }
    return this.#padding === 0 ? map : compose(translation(-this.#padding, -this.#padding), map);
  }

  #cropped(rowPct: number, colPct: number): Homography {
    return translation(offset(this.#width, this.size, colPct), offset(this.#height, this.size, rowPct));
  }
}

/** Where a square begins along a side; a side that is shorter is padded equally at both ends, by whole pixels. */
function offset(length: number, size: number, pct: number): number {
  const padding = Math.max(0, Math.ceil((size - length) / 2));
  const room = length + 2 * padding - size;
  return Math.min(Math.floor((room + 1) * pct), room) - padding;
}

/** An affine map given for a square picture, made to keep shapes on one `aspect` = height / width. */
function inPictureUnits(m: Homography, aspect: number): Homography {
  return [m[0], m[1] * aspect, m[2], m[3] / aspect, m[4], m[5], m[6], m[7], m[8]];
}
