import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../core/errors.js';
import type { RunFacts } from '../../report/index.js';
import type { RecipeProgress } from '../../train/recipe.js';
import { RecipeEpochs, RecipeResults } from '../../train/recipe-progress.js';
import { quoteArgument } from '../quote.js';
import { FILES, RUN_LOCK } from '../run-folder.js';
import { runningIn } from '../run-lock.js';
import { type RunHeader, readHeader } from './read-header.js';

/** As much of the options as is needed; those of all versions have it. */
const Options = z.object({
  command: z.array(z.string()),
  options: z.record(z.string(), z.unknown()),
  started: z.string().optional(),
  data: z.object({ valid: z.number() }).optional(),
});

const Summary = z.object({
  epochs: RecipeEpochs,
  results: RecipeResults,
  seconds: z.looseObject({ total: z.number() }),
  data: z.object({ valid: z.number() }),
});

/** What is known of how far a run has come. */
interface Reached {
  readonly epochs: RecipeProgress['epochs'];
  readonly results: RecipeProgress['results'];
  readonly seconds: number;
  readonly header: RunHeader | undefined;
}

/** What a run's folder tells; one whose files cannot be read is `broken`, and says why. */
export async function readRun(path: string, name: string): Promise<RunFacts> {
  const file = join(path, FILES.options);
  const started = (await stat(file)).mtime.toISOString();
  const none = { epochs: [], results: [], seconds: 0, losses: [], lrs: [], epochsDone: 0 };
  const unknown = {
    ...none,
    data: '–',
    arch: '–',
    seed: undefined,
    options: {},
    command: '',
    validPictures: undefined,
  };
  const broken = (problem: string) =>
    ({ ...unknown, name, path, started, epochsWanted: undefined, state: 'broken', problem }) as const;
  let begun: z.infer<typeof Options>;
  try {
    begun = Options.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return broken(`${file} is damaged`);
  }
  const { options } = begun;
  const of = (key: string) => options[key];
  const known = {
    name,
    path,
    started: begun.started ?? started,
    data: typeof of('data') === 'string' ? basename(String(of('data'))) : '–',
    arch: typeof of('arch') === 'string' ? basename(String(of('arch'))) : '–',
    seed: numberOf(of('seed')),
    options,
    command: ['onecycle', ...begun.command].map(quoteArgument).join(' '),
    epochsWanted: epochsWanted(options),
    validPictures: begun.data?.valid,
  };
  try {
    const { state, reached } = await stateOf(path);
    const { epochs, results, seconds, header } = reached;
    const { losses = [], lrs = [] } = header?.history ?? {};
    return { ...known, state, epochs, results, seconds, losses, lrs, epochsDone: epochs.length };
  } catch (error) {
    return { ...known, ...none, state: 'broken', problem: messageOf(error) };
  }
}

/** @throws {UserError} if what is there cannot be read */
async function stateOf(path: string): Promise<{ state: 'finished' | 'running' | 'stopped'; reached: Reached }> {
  const runs = (await runningIn(join(path, RUN_LOCK))) !== undefined;
  const header = await newestHeader(path);
  const text = await readFile(join(path, FILES.summary), 'utf8').catch(() => undefined);
  if (text !== undefined && !runs) {
    const { epochs, results, seconds } = Summary.parse(JSON.parse(text));
    return { state: 'finished', reached: { epochs, results, seconds: seconds.total, header: header.found } };
  }
  if (header.found === undefined && header.problem !== undefined) throw header.problem;
  const recipe = header.found?.extra.recipe;
  const seconds = Object.values(recipe?.seconds ?? {}).reduce((sum, s) => sum + s, 0);
  const reached = { epochs: recipe?.epochs ?? [], results: recipe?.results ?? [], seconds, header: header.found };
  return { state: runs ? 'running' : 'stopped', reached };
}

/** Of the newest checkpoint that can be read, or what is wrong with it; nothing where there is none. */
async function newestHeader(path: string): Promise<{ found?: RunHeader; problem?: unknown }> {
  let problem: unknown;
  for (const name of [FILES.checkpoint, FILES.previous]) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined)) === undefined) continue;
    try {
      return { found: await readHeader(file) };
    } catch (error) {
      problem ??= error;
    }
  }
  return problem === undefined ? {} : { problem };
}

/** Epochs of all parts; a network that starts at random has no fine-tuning. */
function epochsWanted({ epochs, finetuneEpochs, pretrained }: Readonly<Record<string, unknown>>): number | undefined {
  const first = numberOf(epochs);
  const second = pretrained === false ? 0 : numberOf(finetuneEpochs);
  return first === undefined || second === undefined ? undefined : first + second;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
