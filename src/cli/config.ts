import { type Command, CommanderError, type Option } from 'commander';
import { nearNames } from '../core/near.js';
import { CONFIG_FILES, type Config, isRecord, readConfig } from './config-file.js';
import { flagOf, UsageError } from './fields.js';
import { option } from './option.js';
import { schemasOf } from './option-schemas.js';

/** Options that say where options come from. */
const OWN: ReadonlySet<string> = new Set(['config', 'printConfig', 'help', 'version']);

/**
 * Lets a program's commands take options from a file and from the environment: flags count most, then variables such as `ONECYCLE_EPOCHS`, then
 * the file, then defaults. Where a value comes from is its source, as commander calls it.
 */
export function takeConfig(program: Command): void {
  for (const command of allOf(program)) {
    if (command === program || (command.commands.length > 0 && command.registeredArguments.length === 0)) continue;
    command
      .optionsGroup('Configuration:')
      .addOption(
        option(
          '--config <file>',
          `take options from it (default: ${CONFIG_FILES[0]}, or .js, .mjs, .json, if there is one)`,
        ),
      )
      .addOption(option('--print-config', 'print all options and where they come from, and do nothing else'));
  }
  program.hook('preAction', async (_program, command) => {
    const given: unknown = command.opts().config;
    const config = await readConfig(typeof given === 'string' ? given : undefined);
    if (config !== undefined) apply(program, command, config);
    fromEnvironment(command);
    if (command.opts().printConfig !== true) return;
    for (const name of command.options.map(nameOf)) {
      if (command.getOptionValueSource(name) !== 'cli' || OWN.has(name)) continue;
      check(command, name, command.getOptionValue(name), flagOf(name));
    }
    process.stdout.write(described(command));
    throw new CommanderError(0, 'onecycle.config', '');
  });
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

/** Gives a command what the file says for it: its section, and what stands outside of sections and is an option of its. */
function apply(program: Command, command: Command, { file, values }: Config): void {
  const path = pathOf(command);
  const everywhere = new Set(allOf(program).flatMap((of) => of.options.map(nameOf)));
  const take = (of: Command, section: Readonly<Record<string, unknown>>, where: string, isOwn: boolean): void => {
    for (const [key, value] of Object.entries(section)) {
      const inner = of.commands.find((c) => camel(c.name()) === camel(key));
      if (inner !== undefined && isRecord(value)) {
        take(inner, value, `${where}${key}.`, path[pathOf(inner).length - 1] === inner && isOwn);
        continue;
      }
      const name = camel(key);
      const names = of === program ? everywhere : new Set(of.options.map(nameOf));
      if (!names.has(name) || OWN.has(name)) throw unknownKey(file, `${where}${key}`, key, [...names]);
      // What is outside of sections is an option of several commands, and checked as the one that runs has it.
      const target = of === program ? command : of;
      const known = target.options.find((o) => nameOf(o) === name);
      if (known === undefined) continue;
      const text = textOf(value, known, `${file}: ${where}${key}`);
      check(target, name, text, `${file}: ${where}${key}`, value);
      if (!isOwn || command.getOptionValueSource(name) === 'cli') continue;
      if (command.options.some((o) => nameOf(o) === name)) command.setOptionValueWithSource(name, text, file);
    }
  };
  // What is outside of sections counts less than what is in them.
  const entries = Object.entries(values);
  const inSection = ([key, value]: [string, unknown]) =>
    isRecord(value) && program.commands.some((c) => camel(c.name()) === camel(key));
  take(program, Object.fromEntries(entries.filter((entry) => !inSection(entry))), '', true);
  take(program, Object.fromEntries(entries.filter(inSection)), '', true);
}

/** The command and those around it, from the outermost below the program. */
function pathOf(command: Command): Command[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command];
}

function unknownKey(file: string, where: string, key: string, names: readonly string[]): UsageError {
  const near = nearNames(
    camel(key),
    names.filter((name) => !OWN.has(name)),
    1,
  );
  const hint = near.length === 0 ? '' : `; did you mean "${near[0]}"?`;
  return new UsageError(`${file}: there is no option "${where}"${hint}`);
}

function fromEnvironment(command: Command): void {
  for (const known of command.options) {
    const name = nameOf(known);
    if (OWN.has(name) || command.getOptionValueSource(name) === 'cli') continue;
    const variable = `ONECYCLE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const value = process.env[variable];
    if (value === undefined || value === '') continue;
    const text = textOf(value, known, variable);
    check(command, name, text, variable);
    command.setOptionValueWithSource(name, text, variable);
  }
}

/**
 * Checks one value as the command itself will.
 *
 * @param given how it was written, for the message
 * @throws {UsageError} naming its place
 */
function check(command: Command, name: string, value: unknown, where: string, given = value): void {
  const parsed = schemasOf(command)[name]?.safeParse(value);
  const [issue] = parsed?.error?.issues ?? [];
  if (issue !== undefined) throw new UsageError(`${where} ${issue.message}, not ${JSON.stringify(given)}`);
}

const YES = ['true', '1', 'yes'];
const NO = ['false', '0', 'no'];

/** A value as the command line would give it: text, or true and false of a flag without value. */
function textOf(value: unknown, { required, optional }: Option, where: string): unknown {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  if (optional && text === 'true') return true;
  if (required || optional) {
    if (isWord(value) || (Array.isArray(value) && value.length > 0 && value.every(isWord))) return text;
    throw new UsageError(`${where} must be text, a number or a list of them, not ${JSON.stringify(value)}`);
  }
  if (YES.includes(text)) return true;
  if (NO.includes(text)) return false;
  throw new UsageError(`${where} must be true or false, not ${JSON.stringify(value)}`);
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function described(command: Command): string {
  const rows = command.options
    .map((known) => nameOf(known))
    .filter((name, i, all) => !OWN.has(name) && all.indexOf(name) === i)
    .map((name) => {
      const value: unknown = command.getOptionValue(name);
      const source = command.getOptionValueSource(name);
      return { name, value, from: source === 'cli' ? 'flag' : value === undefined ? 'not set' : (source ?? 'default') };
    });
  if (command.opts().json === true) {
    return `${JSON.stringify(Object.fromEntries(rows.map(({ name, value = null, from }) => [name, { value, from }])), undefined, 2)}\n`;
  }
  const widest = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(
    ({ name, value, from }) =>
      `${name.padEnd(widest)}  ${value === undefined ? '' : `${JSON.stringify(value)}  `}(${from})`,
  );
  return `${lines.join('\n')}\n`;
}

function nameOf(known: Option): string {
  return known.attributeName();
}

/** `lr-find` as `lrFind`. */
function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
