import { logit } from '../lighting.js';
import type { Drawing } from './drawing.js';
import { adjustSaturation as saturate, adjustHue as turnHue } from './passes/colours.js';
import * as erase from './passes/erase.js';
import * as neighbours from './passes/neighbours.js';
import * as tables from './passes/tables.js';
import type { TransformOf } from './transform.js';

/** How each transform of colours is drawn for one picture. */

export function brightness(d: Drawing, t: TransformOf<'brightness'>): void {
  d.colours.shift(logit(d.draw(t.change)));
}

export function contrast(d: Drawing, t: TransformOf<'contrast'>): void {
  d.colours.scale(d.drawLog(t.scale));
}

export function adjustBrightness(d: Drawing, t: TransformOf<'adjustBrightness'>): void {
  d.colours.replace(tables.brightnessTable(d.draw(t.factor)));
}

export function adjustContrast(d: Drawing, t: TransformOf<'adjustContrast'>): void {
  d.colours.pass(tables.adjustContrast(d.draw(t.factor)));
}

export function adjustSaturation(d: Drawing, t: TransformOf<'adjustSaturation'>): void {
  d.colours.pass(saturate(d.draw(t.factor)));
}

export function adjustHue(d: Drawing, t: TransformOf<'adjustHue'>): void {
  d.colours.pass(turnHue(d.draw(t.turn)));
}

export function adjustSharpness(d: Drawing, t: TransformOf<'adjustSharpness'>): void {
  d.colours.pass(neighbours.adjustSharpness(d.draw(t.factor)));
}

export function gaussianBlur(d: Drawing, t: TransformOf<'gaussianBlur'>): void {
  d.colours.pass(neighbours.gaussianBlur(d.draw(t.sigma)));
}

export function invert(d: Drawing): void {
  d.colours.replace(tables.invertTable);
}

export function posterize(d: Drawing, t: TransformOf<'posterize'>): void {
  d.colours.replace(tables.posterizeTable(d.drawWhole(t.bits)));
}

export function solarize(d: Drawing, t: TransformOf<'solarize'>): void {
  d.colours.replace(tables.solarizeTable(d.draw(t.threshold)));
}

export function autocontrast(d: Drawing): void {
  d.colours.pass(tables.autocontrast);
}

export function equalize(d: Drawing): void {
  d.colours.pass(tables.equalize);
}

export function rgbRandomize(d: Drawing, t: TransformOf<'rgbRandomize'>): void {
  const channel = d.drawWhole(t.channel);
  d.colours.pass(erase.noiseChannel(channel, d.rng.uniform(0, t.thresh), d.rng.uint32()));
}

export function jitter(d: Drawing, t: TransformOf<'jitter'>): void {
  // Half a side is the unit, as in [-1, 1]².
  d.colours.pass(neighbours.jitter((d.draw(t.magnitude) * d.size) / 2, d.rng.uint32()));
}

export function cutout(d: Drawing, t: TransformOf<'cutout'>): void {
  const count = d.drawWhole(t.nHoles);
  for (let i = 0; i < count; i++) {
    const length = d.drawWhole(t.length);
    const [y, x] = [d.rng.int(d.size), d.rng.int(d.size)];
    const within = (at: number): number => Math.trunc(Math.min(Math.max(at, 0), d.size));
    const [left, top] = [within(x - length / 2), within(y - length / 2)];
    const box = { left, top, width: within(x + length / 2) - left, height: within(y + length / 2) - top };
    d.colours.pass(erase.fill(box, [0, 0, 0]));
  }
}

/** Boxes that are tried, as timm does. */
const BOXES = 10;

export function randomErasing(d: Drawing, t: TransformOf<'randomErasing'>): void {
  const count = d.drawWhole(t.count);
  for (let i = 0; i < count; i++) {
    const box = erasedBox(d, t, count);
    if (box === undefined) continue;
    if (t.mode === 'const') d.colours.pass(erase.fillMean(box));
    else if (t.mode === 'rand') d.colours.pass(erase.fillRandom(box, d.rng.uint32()));
    else d.colours.pass(erase.fillNoise(box, d.rng.uint32()));
  }
}

/** A box that leaves some of the square, if one of a few has. */
function erasedBox(d: Drawing, t: TransformOf<'randomErasing'>, count: number): erase.Box | undefined {
  for (let i = 0; i < BOXES; i++) {
    const area = (d.draw(t.scale) * d.size * d.size) / count;
    const ratio = d.drawLog(t.ratio);
    const height = Math.round(Math.sqrt(area * ratio));
    const width = Math.round(Math.sqrt(area / ratio));
    if (height >= d.size || width >= d.size) continue;
    const top = d.rng.int(d.size - height + 1);
    return { left: d.rng.int(d.size - width + 1), top, width, height };
  }
  return undefined;
}
