import { Command } from 'commander';
import { dataGetCommand } from './data-get-command.js';
import { dataListCommand } from './data-list-command.js';

/** What there is to do with sets of pictures besides training. */
export function dataCommand(): Command {
  return new Command('data')
    .description('get known sets of pictures, and list them')
    .addCommand(dataGetCommand())
    .addCommand(dataListCommand());
}
