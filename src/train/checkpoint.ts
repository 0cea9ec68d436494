import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { sha256 } from '../core/sha256.js';
import type { Engine, EngineState } from '../engine/engine.js';
import { unpackValues } from '../engine/values.js';
import { bytesOf } from '../graph/onnx.js';
import type { TensorData } from '../graph/types.js';
import { readSafetensors, writeSafetensors } from '../nn/safetensors.js';
import type { LearnerFiles } from './host.js';

/** Stands in the metadata of every checkpoint. */
export const CHECKPOINT_FORMAT = 'onecycle checkpoint 1';

/** JSON has no NaN: the loss of a run that diverged is null there. */
export const Loss = z
  .number()
  .nullable()
  .transform((v) => v ?? Number.NaN);

const Epoch = z.object({
  epoch: z.number(),
  trainLoss: Loss,
  validLoss: Loss.optional(),
  metrics: z.record(z.string(), Loss),
  seconds: z.number(),
});

/** What a checkpoint tells beside its tensors. */
const Header = z.object({
  arch: z.string(),
  classes: z.array(z.string()),
  size: z.number(),
  steps: z.number(),
  optimizer: z.string().optional(),
  passes: z.number(),
  freezing: z.object({ firstTrained: z.number(), trainNorm: z.boolean() }),
  /** By size; old checkpoints have none. */
  featurePrecisions: z.record(z.string(), z.enum(['float32', 'int8'])).default({}),
  history: z.object({
    losses: z.array(Loss),
    lrs: z.array(z.number()),
    moms: z.array(z.number()),
    epochEnds: z.array(z.number()),
    epochs: z.array(Epoch),
  }),
  /** What callbacks keep, by their names; old checkpoints have none. */
  callbacks: z.record(z.string(), z.unknown()).default({}),
  /** What the caller keeps with it, such as the position in a recipe. */
  extra: z.record(z.string(), z.unknown()),
});
export type CheckpointHeader = z.infer<typeof Header>;

/** Serialises the engine's whole state with a header and a checksum over both, as .safetensors. */
export async function writeCheckpoint(state: EngineState, header: CheckpointHeader): Promise<Uint8Array> {
  const tensors = new Map(Object.entries(state.tensors));
  const text = JSON.stringify(header);
  return writeSafetensors(tensors, {
    format: CHECKPOINT_FORMAT,
    header: text,
    sha256: await digestOf(tensors, text),
  });
}

/** SHA-256 of the tensors' and the header's own, so that neither needs to be copied. */
async function digestOf(tensors: ReadonlyMap<string, TensorData>, header: string): Promise<string> {
  const lines = [await sha256(new TextEncoder().encode(header))];
  for (const name of [...tensors.keys()].sort()) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) lines.push(`${await sha256(bytesOf(tensor))} ${name}`);
  }
  return sha256(new TextEncoder().encode(lines.join('\n')));
}

export interface Checkpoint {
  readonly header: CheckpointHeader;
  readonly state: EngineState;
}

/**
 * @throws {UserError} if the file is cut off or damaged, or is no checkpoint of onecycle's
 */
export async function readCheckpoint(bytes: Uint8Array, file: string): Promise<Checkpoint> {
  const { tensors, metadata } = readSafetensors(bytes, file);
  if (metadata.format !== CHECKPOINT_FORMAT) throw new UserError(`${file} is not a checkpoint of onecycle's`);
  let header: CheckpointHeader;
  try {
    header = Header.parse(JSON.parse(metadata.header ?? ''));
  } catch {
    throw new UserError(`${file}: the checkpoint's header is damaged`);
  }
  // Those of version 0.1 have none.
  if (metadata.sha256 !== undefined && metadata.sha256 !== (await digestOf(tensors, metadata.header ?? ''))) {
    throw new UserError(`${file} is damaged: its checksum does not fit`);
  }
  const { steps, optimizer } = header;
  return { header, state: { steps, optimizer, tensors: Object.fromEntries(tensors) } };
}

export interface LoadOptions {
  /** A file to take if the first is missing or damaged. Default: none. */
  readonly otherwise?: string | undefined;
  /** Is told what was wrong with the first file then. */
  readonly onDamaged?: ((error: UserError) => void) | undefined;
}

/**
 * Reads a checkpoint, or the other one.
 *
 * @throws {UserError} saying what is wrong with the first file, if neither can be read
 */
export async function loadCheckpoint(
  files: LearnerFiles,
  file: string,
  { otherwise, onDamaged }: LoadOptions,
): Promise<{ readonly checkpoint: Checkpoint; readonly path: string }> {
  const read = async (path: string) => ({ checkpoint: await readCheckpoint(await files.readFile(path), path), path });
  try {
    return await read(file);
  } catch (error) {
    if (!(error instanceof UserError) || otherwise === undefined) throw error;
    const other = await read(otherwise).catch(() => {
      throw error;
    });
    onDamaged?.(error);
    return other;
  }
}

/**
 * Checks that a checkpoint belongs to a network before anything is changed.
 *
 * @throws {UserError} saying what differs
 */
export function assertFits(checkpoint: Checkpoint, engine: Engine, classes: readonly string[], file: string): void {
  const { header, state } = checkpoint;
  if (header.arch !== engine.network.arch.name) {
    throw new UserError(`${file} is of the architecture ${header.arch}, not ${engine.network.arch.name}`);
  }
  if (header.classes.join('\n') !== classes.join('\n')) {
    throw new UserError(`${file} was trained on other classes: ${header.classes.slice(0, 10).join(', ')}`);
  }
  try {
    unpackValues(engine.layout, state.tensors);
  } catch {
    throw new UserError(`${file} lacks some of the network's tensors`);
  }
}
