import { Argument, Command } from 'commander';
import { UsageError } from './fields.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** @param program gives the command line to complete */
export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .description('print a script that completes commands, options and names in a shell')
    .addArgument(new Argument('<shell>', `one of ${SHELLS.join(', ')}`))
    .addHelpText(
      'after',
      '\nbash:  source <(onecycle completion bash)\nzsh:   source <(onecycle completion zsh)\nfish:  onecycle completion fish | source',
    )
    .action(async (shell: string) => {
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined)
        throw new UsageError(`there is no completion for ${shell}; there is for ${SHELLS.join(', ')}`);
      const { completionScript } = await import('./completion.js');
      process.stdout.write(completionScript(known, program()));
    });
}
