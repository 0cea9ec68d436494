import type { Command, Option } from 'commander';
import { KNOWN_SET_NAMES } from '../data/known-sets.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/** A command as completion sees it. */
interface Known {
  /** The words that name it, joined by blanks: `data show`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly KnownOption[];
  /** What its first argument can be, beside files. */
  readonly words: readonly string[];
}

interface KnownOption {
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** What the value can be; empty where it is a file, a number or text. */
  readonly choices: readonly string[];
}

/** A script that completes a command line, made of its definition: commands, options, and what options say they are `one of`; else files. */
export function completionScript(shell: Shell, program: Command): string {
  const known = knownCommands(program, []);
  switch (shell) {
    case 'bash':
      return bash(known);
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(known)}`;
    case 'fish':
      return fish(known);
  }
}

function knownCommands(command: Command, path: readonly string[]): Known[] {
  const words = ['completion', 'train', 'lr-find', 'data get'].includes(path.join(' '));
  const sets = KNOWN_SET_NAMES.map((name) => name.toLowerCase());
  return [
    {
      path: path.join(' '),
      commands: command.commands.map((inner) => ({ name: inner.name(), description: inner.description() })),
      options: command.createHelp().visibleOptions(command).map(knownOption),
      words: !words ? [] : path[0] === 'completion' ? ['bash', 'zsh', 'fish'] : sets,
    },
    ...command.commands.flatMap((inner) => knownCommands(inner, [...path, inner.name()])),
  ];
}

function knownOption({ long, short, description, required, optional }: Option): KnownOption {
  const [, list = ''] = /one of ((?:[\w.-]+, )*[\w.-]+)/.exec(description) ?? [];
  return {
    flag: long ?? short ?? '',
    description,
    takesValue: required || optional,
    choices: list === '' ? [] : list.split(', '),
  };
}

function bash(known: readonly Known[]): string {
  const cases = known.map(({ path, commands, options, words }) => {
    const flags = options.map(({ flag }) => flag);
    return `    ${quote(path)}) flags=${quote(flags.join(' '))}; words=${quote([...commands.map(({ name }) => name), ...words].join(' '))} ;;`;
  });
  const values = known.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ flag, choices }) => `    ${quote(`${path} ${flag}`)}) values=${quote(choices.join(' '))}; takes=1 ;;`),
  );
  const paths = known.map(({ path }) => `'${path}'`).join('|');
  return `_onecycle() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' next word i flags words values takes=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    next="\${path:+$path }$word"
    case "$next" in ${paths}) path="$next" ;; *) break ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path $prev" in
${values.join('\n')}
  esac
  if [[ -n "$takes" ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
    [[ -n "$values" ]] || compopt -o default 2>/dev/null
  elif [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur") $(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _onecycle onecycle
`;
}

function fish(known: readonly Known[]): string {
  const lines = known.flatMap(({ path, commands, options, words }) => {
    const names = commands.map(({ name }) => name).join(' ');
    const seen = path
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => `__fish_seen_subcommand_from ${word}`);
    const none = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
    const condition = [...seen, ...none].join('; and ');
    const start = `complete -c onecycle${condition === '' ? '' : ` -n ${quote(condition)}`}`;
    return [
      ...commands.map(({ name, description }) => `${start} -a ${name} -d ${quote(description)}`),
      ...words.map((word) => `${start} -a ${word}`),
      ...options.map(({ flag, description, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : '';
        return `${start} -l ${flag.replace(/^-+/, '')}${value} -d ${quote(description)}`;
      }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
