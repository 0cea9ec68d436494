import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions, UsageError, wholeNumber, word } from './fields.js';
import { addLabelled, labelledFields } from './labelled-options.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';

const FORMATS = ['float32', 'float16', 'int8'] as const;
const CALIBRATIONS = ['auto', 'minmax', 'percentile'] as const;
const KEPT = ['auto', 'none', 'ends'] as const;

export const ExportFields = z.object({
  ...labelledFields,
  out: z.string().min(1, { error: 'must name a file' }),
  format: word(FORMATS),
  calibration: word(CALIBRATIONS).default('auto'),
  keepFloat: word(KEPT).default('auto'),
  calibrateOn: wholeNumber(1, 100_000),
  json: z.boolean().default(false),
});
export type ExportOptions = z.infer<typeof ExportFields>;

export function exportCommand(): Command {
  const command = checkedBy(new Command('export'), ExportFields.shape)
    .description('write a trained model in another number format, and measure it beside the one that was trained')
    .argument('<model>', "model.onnx of a run, or the run's folder")
    .argument('[data]', 'labelled pictures to calibrate and measure with, as for train (default: those of the run)')
    .addOption(option('--out <file>', 'the .onnx file to write').makeOptionMandatory())
    .addOption(option('--format <name>', `one of ${FORMATS.join(', ')}`, FORMATS[0]))
    .addOption(
      option('--calibration <how>', `ranges of int8's values: one of ${CALIBRATIONS.join(', ')}`, CALIBRATIONS[0]),
    )
    .addOption(
      option(
        '--keep-float <layers>',
        `what int8 leaves in float32: none, ends (first and last layer), or auto`,
        KEPT[0],
      ),
    )
    .addOption(option('--calibrate-on <n>', 'pictures that int8 is calibrated on', 256));
  return addLabelled(command, { seed: 'decides what --split valid draws' })
    .optionsGroup('Results:')
    .addOption(option('--quiet', 'show no progress'))
    .addOption(option('--json', 'print JSON instead of a table'))
    .action(async (model: string, data: string | undefined, raw: Record<string, unknown>, command: Command) => {
      const options = parseOptions(ExportFields, raw);
      for (const name of ['calibration', 'keepFloat', 'calibrateOn'] as const) {
        if (options.format !== 'int8' && command.getOptionValueSource(name) === 'cli') {
          throw new UsageError('--calibration, --keep-float and --calibrate-on are for --format int8');
        }
      }
      // What runs models is loaded only now, so that help and mistakes show at once.
      const { exportModel } = await import('./export.js');
      await exportModel(model, data, options, command);
    });
}
