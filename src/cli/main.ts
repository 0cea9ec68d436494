#!/usr/bin/env node
import { type Command, CommanderError } from 'commander';
import { messageOf, UserError } from '../core/errors.js';
import { OptionError, UsageError } from './fields.js';
import { program } from './program.js';

/** The `onecycle` command. Exit codes: 0, 1 for what went wrong, 2 for a wrong call, 130 and 143 after a signal. */
async function main(): Promise<void> {
  // A reader that has seen enough (head, less) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    ignoreHangup(error);
  });
  process.stderr.on('error', ignoreHangup);
  let running: Command | undefined;
  try {
    await program()
      .hook('preAction', (_program, command) => {
        running = command;
      })
      .parseAsync();
  } catch (error) {
    process.exitCode = report(error, running);
  }
}

/** A terminal that has gone reads nothing more; training still saves its checkpoint. */
function ignoreHangup(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EIO' && error.code !== 'EPIPE') throw error;
}

/** Tells what was wrong, and gives the exit code. */
function report(error: unknown, running: Command | undefined): number {
  // Commander has printed its own messages.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = process.env.ONECYCLE_DEBUG === '1' && error instanceof Error ? error.stack : undefined;
  const unexpected = error instanceof UserError ? '' : ' (unexpected: ONECYCLE_DEBUG=1 shows where)';
  process.stderr.write(`onecycle: ${debug ?? `${messageOf(error)}${originOf(error, running)}${unexpected}`}\n`);
  return error instanceof UsageError ? 2 : 1;
}

/** Where the option at fault was set, if that was not on the command line. */
function originOf(error: unknown, running: Command | undefined): string {
  if (!(error instanceof OptionError)) return '';
  const source = running?.getOptionValueSource(error.option);
  return source === undefined || source === 'cli' || source === 'default' ? '' : ` (from ${source})`;
}

await main();
