/**
 * An error that the user can mend: bad input, a missing file, an unknown option.
 *
 * Its message says what was wrong, where, and what to do; commands print it without a stack trace
 * and exit with a code other than zero.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of the system, such as ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
