import { Argument, Command } from 'commander';
import { z } from 'zod';
import { parseOptions, UsageError } from './fields.js';
import { option } from './option.js';
import { checkedBy } from './option-schemas.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const CompletionOptions = z.object({ json: z.boolean().default(false) });

/** @param program gives the command line to complete */
export function completionCommand(program: () => Command): Command {
  return checkedBy(new Command('completion'), CompletionOptions.shape)
    .description('print a script that completes commands, options and names in a shell')
    .addArgument(new Argument('<shell>', `one of ${SHELLS.join(', ')}`))
    .addOption(option('--json', 'print the shell and the script as JSON'))
    .addHelpText(
      'after',
      '\nbash:  source <(onecycle completion bash)\nzsh:   source <(onecycle completion zsh)\nfish:  onecycle completion fish | source',
    )
    .action(async (shell: string, raw: Record<string, unknown>) => {
      const { json } = parseOptions(CompletionOptions, raw);
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined)
        throw new UsageError(`there is no completion for ${shell}; there is for ${SHELLS.join(', ')}`);
      const { completionScript } = await import('./completion.js');
      const script = completionScript(known, program());
      process.stdout.write(json ? `${JSON.stringify({ shell, script }, undefined, 2)}\n` : script);
    });
}
