import { Option } from 'commander';

/** An option whose help shows its default, if it has one. */
export function option(flags: string, description: string, fallback?: string | number): Option {
  const made = new Option(flags, description);
  return fallback === undefined ? made : made.default(fallback);
}
