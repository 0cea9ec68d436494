import { logit } from '../lighting.js';
import type { Drawing } from './drawing.js';
import type { TransformOf } from './transform.js';

/** How each transform of colours is drawn for one picture. */

export function brightness(d: Drawing, t: TransformOf<'brightness'>): void {
  d.brighten(logit(d.draw(t.change)));
}

export function contrast(d: Drawing, t: TransformOf<'contrast'>): void {
  d.scaleContrast(Math.exp(d.draw([Math.log(t.scale[0]), Math.log(t.scale[1])])));
}
