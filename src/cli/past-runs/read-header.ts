import { open } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { Loss } from '../../train/checkpoint.js';
import { Progress } from '../../train/recipe-progress.js';

/** No real header is larger. */
const MOST_BYTES = 256 * 1024 * 1024;

const Entry = z.object({ data_offsets: z.tuple([z.number(), z.number()]) });
const Outer = z
  .object({ __metadata__: z.object({ header: z.string() }) })
  .catchall(z.union([Entry, z.record(z.string(), z.string())]));
const Inner = z.object({
  history: z.object({ losses: z.array(Loss), lrs: z.array(z.number()) }),
  extra: z.object({ recipe: Progress }),
});
export type RunHeader = z.infer<typeof Inner>;

/**
 * What a checkpoint of the recipe's tells beside its tensors, which are left unread.
 *
 * @throws {UserError} if the file is cut off, or none
 */
export async function readHeader(file: string): Promise<RunHeader> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const length = start.bytesRead === 8 ? Number(start.buffer.readBigUInt64LE()) : size;
    if (length > Math.min(MOST_BYTES, size - 8)) throw new UserError(`${file} is cut off`);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, 8);
    const { __metadata__, ...tensors } = Outer.parse(JSON.parse(buffer.toString()));
    const end = Object.values(tensors).reduce((most, entry) => Math.max(most, endOf(entry)), 0);
    if (size < 8 + length + end) throw new UserError(`${file} is cut off`);
    return Inner.parse(JSON.parse(__metadata__.header));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} is no checkpoint of a run`);
  } finally {
    await handle.close();
  }
}

function endOf(entry: unknown): number {
  const parsed = Entry.safeParse(entry);
  return parsed.success ? parsed.data.data_offsets[1] : 0;
}
