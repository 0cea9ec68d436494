import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { Engine, EngineState } from '../engine/engine.js';
import { unpackValues } from '../engine/values.js';
import { readSafetensors, writeSafetensors } from '../nn/safetensors.js';

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

/** Serialises the engine's whole state with a header, as .safetensors. */
export function writeCheckpoint(state: EngineState, header: CheckpointHeader): Uint8Array {
  return writeSafetensors(new Map(Object.entries(state.tensors)), {
    format: CHECKPOINT_FORMAT,
    header: JSON.stringify(header),
  });
}

export interface Checkpoint {
  readonly header: CheckpointHeader;
  readonly state: EngineState;
}

/**
 * @throws {UserError} if the file is cut off, or is no checkpoint of onecycle's
 */
export function readCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, file);
  if (metadata.format !== CHECKPOINT_FORMAT) throw new UserError(`${file} is not a checkpoint of onecycle's`);
  let header: CheckpointHeader;
  try {
    header = Header.parse(JSON.parse(metadata.header ?? ''));
  } catch {
    throw new UserError(`${file}: the checkpoint's header is damaged`);
  }
  const { steps, optimizer } = header;
  return { header, state: { steps, optimizer, tensors: Object.fromEntries(tensors) } };
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
