import { UserError } from '../core/errors.js';

/** A whole number within bounds, or a UserError that names the option. */
export function checkInteger(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UserError(`${name} must be a whole number ${bounds(min, max)}, not ${String(value)}`);
  }
  return value;
}

/** A number within bounds (both included), or a UserError that names the option. */
export function checkNumber(name: string, value: number, min: number, max = Number.MAX_VALUE): number {
  if (!Number.isFinite(value) || value < min || value > max) {
    throw new UserError(`${name} must be a number ${bounds(min, max)}, not ${String(value)}`);
  }
  return value;
}

/** One of a few words, or a UserError that names the option. */
export function checkOneOf<T extends string>(name: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw new UserError(`${name} must be one of ${words.join(', ')}, not ${JSON.stringify(value)}`);
}

/** A share of a whole, above 0 and below 1, or a UserError that names the option. */
export function checkShare(name: string, value: number): number {
  checkNumber(name, value, 0, 1);
  if (value === 0 || value === 1) throw new UserError(`${name} must lie between 0 and 1, not at ${value}`);
  return value;
}

/** The largest side of a picture, in pixels, that a pass can ask for. */
export const MAX_SIZE = 4096;

/** The side of the square pictures, 1 to 4096 pixels. */
export function checkSize(value: number): number {
  return checkInteger('size (the side of the square pictures in pixels)', value, 1, MAX_SIZE);
}

function bounds(min: number, max: number): string {
  return max >= Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
}
