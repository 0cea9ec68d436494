import { messageOf, UserError } from '../../core/errors.js';

/**
 * A function that gives what the first group of a pattern matches in a text; undefined where the pattern does not match.
 *
 * Throws a UserError if it is no regular expression, or has no group.
 */
export function captureOf(pattern: string | RegExp): (text: string) => string | undefined {
  const regex = compiled(pattern);
  const groups = (new RegExp(`${regex.source}|`, regex.flags).exec('')?.length ?? 1) - 1;
  if (groups === 0) {
    throw new UserError(`${regex} has no group: put what is wanted in parentheses, e.g. /([^/]+)_\\d+\\.jpg$/`);
  }
  return (text) => regex.exec(text)?.[1];
}

/** Without the flags that make a pattern remember where it was. */
function compiled(pattern: string | RegExp): RegExp {
  if (typeof pattern !== 'string') return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    throw new UserError(`${JSON.stringify(pattern)} is not a regular expression: ${messageOf(error)}`);
  }
}
