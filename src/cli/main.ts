#!/usr/bin/env node
import { CommanderError } from 'commander';
import { messageOf, UserError } from '../core/errors.js';
import { UsageError } from './fields.js';
import { program } from './program.js';

/** The `onecycle` command. Exit codes: 0, 1 for what went wrong, 2 for a wrong call, 130 and 143 after a signal. */
async function main(): Promise<void> {
  // A reader that has seen enough (head, less) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    ignoreHangup(error);
  });
  process.stderr.on('error', ignoreHangup);
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** A terminal that has gone reads nothing more; training still saves its checkpoint. */
function ignoreHangup(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EIO' && error.code !== 'EPIPE') throw error;
}

/** Tells what was wrong, and gives the exit code. */
function report(error: unknown): number {
  // Commander has printed its own messages.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = process.env.ONECYCLE_DEBUG === '1' && error instanceof Error ? error.stack : undefined;
  const unexpected = error instanceof UserError ? '' : ' (unexpected: ONECYCLE_DEBUG=1 shows where)';
  process.stderr.write(`onecycle: ${debug ?? `${messageOf(error)}${unexpected}`}\n`);
  return error instanceof UsageError ? 2 : 1;
}

await main();
