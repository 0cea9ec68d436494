import { Command } from 'commander';
import { dataCheckCommand } from './data-check-command.js';
import { dataGetCommand } from './data-get-command.js';
import { dataListCommand } from './data-list-command.js';
import { dataShowCommand } from './data-show-command.js';

/** What there is to do with sets of pictures besides training. */
export function dataCommand(): Command {
  return new Command('data')
    .description('check and show sets of pictures, get known ones, and list them')
    .addCommand(dataCheckCommand())
    .addCommand(dataShowCommand())
    .addCommand(dataGetCommand())
    .addCommand(dataListCommand());
}
