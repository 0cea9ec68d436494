import type { Command } from 'commander';
import type { z } from 'zod';

/** How each option's value is checked, under the option's name. */
export type OptionSchemas = Readonly<Record<string, z.ZodType>>;

const SCHEMAS = new WeakMap<Command, OptionSchemas>();

/** Says how a command's options are checked, so that files of options can be before anything else happens. */
export function checkedBy(command: Command, schemas: OptionSchemas): Command {
  SCHEMAS.set(command, schemas);
  return command;
}

/** What was said of a command. */
export function schemasOf(command: Command): OptionSchemas {
  return SCHEMAS.get(command) ?? {};
}
