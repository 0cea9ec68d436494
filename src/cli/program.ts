import { Command } from 'commander';
import { completionCommand } from './completion-command.js';
import { takeConfig } from './config.js';
import { dataCommand } from './data-command.js';
import { doctorCommand } from './doctor-command.js';
import { evaluateCommand } from './evaluate-command.js';
import { exportCommand } from './export-command.js';
import { lrFindCommand } from './lr-find-command.js';
import { modelsCommand } from './models-command.js';
import { runsCommand } from './past-runs/runs-command.js';
import { predictCommand } from './predict-command.js';
import { reportCommand } from './report-command.js';
import { sampleCommand } from './sample-command.js';
import { trainCommand } from './train-command.js';
import { ownVersion } from './version.js';

/** The whole command line. */
export function program(): Command {
  const main = new Command('onecycle')
    .description('Train a strong image classifier on your own pictures, on plain ONNX Runtime')
    .version(ownVersion())
    // Flags are those of the command that they stand behind, where commands have commands of their own.
    .enablePositionalOptions()
    .addCommand(trainCommand())
    .addCommand(lrFindCommand())
    .addCommand(predictCommand())
    .addCommand(evaluateCommand())
    .addCommand(reportCommand())
    .addCommand(runsCommand())
    .addCommand(exportCommand())
    .addCommand(sampleCommand())
    .addCommand(dataCommand())
    .addCommand(modelsCommand())
    .addCommand(doctorCommand())
    .addCommand(completionCommand(program))
    .addHelpText(
      'after',
      '\nTry it: onecycle sample pictures && onecycle train pictures --size 64 --epochs 1 --finetune-epochs 1',
    );
  takeConfig(main);
  for (const command of [main, ...main.commands, ...main.commands.flatMap((c) => c.commands)]) {
    command.exitOverride().showSuggestionAfterError();
    command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'onecycle: ')) });
  }
  return main;
}
