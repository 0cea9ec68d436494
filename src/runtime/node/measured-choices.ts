import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { cacheHome } from './cache-home.js';
import { readFile, writeFile } from './files.js';
import { processorName, runtimeVersion } from './machine.js';

const Choices = z.record(z.string(), z.string());

/** What was measured to be best on this machine, in `choices.json` of the cache folder. The file may be deleted at any time. */
export const measuredChoices = {
  async recall(about: string): Promise<string | undefined> {
    return (await kept())[withMachine(about)];
  },
  /** A cache folder that cannot be written keeps nothing: it is measured again then. */
  async remember(about: string, choice: string): Promise<void> {
    const all = { ...(await kept()), [withMachine(about)]: choice };
    await writeFile(file(), `${JSON.stringify(all, undefined, 2)}\n`).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
    });
  },
};

const file = () => join(cacheHome(), 'choices.json');

/** What was kept; nothing if that is not there or damaged. */
async function kept(): Promise<Readonly<Record<string, string>>> {
  try {
    return Choices.parse(JSON.parse(new TextDecoder().decode(await readFile(file()))));
  } catch {
    return {};
  }
}

/** With what else decides which is faster: a cache folder may be shared by machines, and live longer than a version. */
function withMachine(about: string): string {
  return `${about}, ONNX Runtime ${runtimeVersion()}, ${processorName()}, ${availableParallelism()} threads`;
}
