import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, CommanderError, type Option } from 'commander';
import { messageOf, UserError } from '../core/errors.js';
import { nearNames } from '../core/near.js';
import { readFile } from '../runtime/node/files.js';
import { UsageError } from './fields.js';
import { option } from './option.js';

/** Files that are looked for in the working folder, in this order. */
const FILES = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `onecycle.config.${ending}`);
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
        option('--config <file>', `take options from it (default: ${FILES[0]}, or .js, .mjs, .json, if there is one)`),
      )
      .addOption(option('--print-config', 'print all options and where they come from, and do nothing else'));
  }
  program.hook('preAction', async (_program, command) => {
    const given: unknown = command.opts().config;
    const config = await readConfig(typeof given === 'string' ? given : undefined);
    if (config !== undefined) apply(program, command, config);
    fromEnvironment(command);
    if (command.opts().printConfig !== true) return;
    process.stdout.write(described(command));
    throw new CommanderError(0, 'onecycle.config', '');
  });
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

interface Config {
  readonly file: string;
  readonly values: Readonly<Record<string, unknown>>;
}

async function readConfig(given: string | undefined): Promise<Config | undefined> {
  const file = given ?? (await firstThere());
  if (file === undefined) return undefined;
  const values = await contentOf(file);
  if (!isRecord(values))
    throw new UsageError(`${file} must hold an object of options, as its default export where it is a program`);
  return { file, values };
}

async function firstThere(): Promise<string | undefined> {
  for (const file of FILES) {
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  return undefined;
}

async function contentOf(file: string): Promise<unknown> {
  const bytes = await readFile(file);
  try {
    if (extname(file) === '.json') return JSON.parse(new TextDecoder().decode(bytes));
    const loaded: unknown = await import(pathToFileURL(resolve(file)).href);
    return isRecord(loaded) ? loaded.default : undefined;
  } catch (error) {
    const old = /\.m?ts$/.test(file) && /Unknown file extension/.test(messageOf(error));
    const mend = old
      ? `; TypeScript is read by Node.js from 22.18 on, and this is ${process.versions.node}: write it as .mjs`
      : '';
    throw new UserError(`${file} cannot be read: ${messageOf(error)}${mend}`);
  }
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
      const target = command.options.find((o) => nameOf(o) === name);
      if (!isOwn || target === undefined || command.getOptionValueSource(name) === 'cli') continue;
      command.setOptionValueWithSource(name, textOf(value, target, `${file}: ${where}${key}`), file);
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
    if (value !== undefined && value !== '')
      command.setOptionValueWithSource(name, textOf(value, known, variable), variable);
  }
}

const YES = ['true', '1', 'yes'];
const NO = ['false', '0', 'no'];

/** A value as the command line would give it: text, or true and false of a flag without value. */
function textOf(value: unknown, { required, optional }: Option, where: string): unknown {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  if (optional && text === 'true') return true;
  if (required || optional) {
    if (value !== null && (typeof value !== 'object' || Array.isArray(value)) && typeof value !== 'boolean')
      return text;
    throw new UsageError(`${where} must be text or a number, not ${JSON.stringify(value)}`);
  }
  if (YES.includes(text)) return true;
  if (NO.includes(text)) return false;
  throw new UsageError(`${where} must be true or false, not ${JSON.stringify(value)}`);
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
