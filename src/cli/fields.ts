import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { CheckpointEvery } from '../train/checkpoint-clock.js';

/** Command lines give text; checkpoints and defaults give numbers: both pass through these. */
function toNumber(value: unknown): unknown {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? value : number;
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const error = `must be a whole number ${bounds}`;
  return z.preprocess(toNumber, z.int({ error }).min(min, { error }).max(max, { error }));
}

/** A number between two others, which it must not reach. */
export function numberBetween(low: number, high: number) {
  const error = `must be a number above ${low} and below ${high}`;
  return z.preprocess(toNumber, z.number({ error }).gt(low, { error }).lt(high, { error }));
}

/** A number from 0 to 1, both included. */
export function share() {
  const error = 'must be a number from 0 to 1';
  return z.preprocess(toNumber, z.number({ error }).min(0, { error }).max(1, { error }));
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `50` for batches, `60s`, `5m` or `1h` for a time. */
export function checkpointEvery() {
  const error = 'must be a number of batches, or a time such as 60s, 5m or 1h';
  return z.string().transform((text, context): CheckpointEvery => {
    const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
    const number = Number(digits);
    const seconds = UNITS[unit];
    if (number > 0 && seconds !== undefined) return { seconds: number * seconds };
    if (number > 0 && unit === '' && Number.isInteger(number)) return { batches: number };
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}

/** One of a few words. */
export function word<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** A learning rate, or `auto`. */
export function rate() {
  const isRate = (value: unknown) => value === 'auto' || (typeof value === 'number' && value > 0 && value <= 10);
  return z.preprocess(
    toNumber,
    z.custom<number | 'auto'>(isRate, { error: 'must be "auto" or a number above 0 and at most 10' }),
  );
}

/** A mistake in how the command was called: exit code 2. */
export class UsageError extends UserError {}

/** An option whose value is no good. */
export class OptionError extends UsageError {
  constructor(
    message: string,
    /** As commands call it: `validPct`. */
    readonly option: string,
  ) {
    super(message);
  }
}

/**
 * Checks a command's options.
 *
 * @throws {UsageError} naming the first flag that is no good
 */
export function parseOptions<T extends z.ZodType>(schema: T, raw: Readonly<Record<string, unknown>>): z.infer<T> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? '');
  throw new OptionError(`${flagOf(name)} ${issue?.message}, not ${JSON.stringify(raw[name])}`, name);
}

/** `validPct` as `--valid-pct`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
