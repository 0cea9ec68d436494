import { messageOf, UserError } from '../core/errors.js';

/** Int8 is what failed: to quantise a body, to load what came of it, or to run it. In float32 it may well run. */
export class Int8Error extends Error {
  override readonly name = 'Int8Error';
}

/**
 * Waits for work in int8.
 *
 * @throws {Int8Error} if it fails, but what the user can mend, such as a process that was ended, as it is
 */
export async function inInt8<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new Int8Error(messageOf(error), { cause: error });
  }
}
