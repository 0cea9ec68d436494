import type { z } from 'zod';
import { UserError } from '../../core/errors.js';

/** @throws {UserError} if a checkpoint holds something else under a callback's name */
export function parseState<T extends z.ZodType>(schema: T, saved: unknown, name: string): z.infer<T> {
  const parsed = schema.safeParse(saved);
  if (parsed.success) return parsed.data;
  throw new UserError(`the checkpoint's state of the callback "${name}" is not one of this callback's`);
}
