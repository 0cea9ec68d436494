import { Command } from 'commander';
import { z } from 'zod';
import { parseOptions } from './fields.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';

export const DoctorFields = z.object({ json: z.boolean().default(false) });

export function doctorCommand(): Command {
  return checkedBy(new Command('doctor'), DoctorFields.shape)
    .description('check what onecycle runs on: runtime, processor, memory, caches, network; and tell what to mend')
    .addOption(option('--json', 'print JSON instead of words'))
    .action(async (raw: Record<string, unknown>) => {
      const { json } = parseOptions(DoctorFields, raw);
      const { doctor } = await import('./doctor.js');
      process.exitCode = await doctor(json);
    });
}
