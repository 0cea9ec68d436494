import { Rng, Stream } from '../core/rng.js';
import { float32, sizeOf, type TensorData } from '../graph/types.js';
import type { GradientClip } from './gradient-transforms.js';
import type { Step } from './train-step.js';

/** Pictures (uint8 [n, 3, size, size]) or what the frozen body gave for them ([n, …features]). */
export type StepInput = { readonly pictures: Uint8Array; readonly size: number } | { readonly features: Float32Array };

/** A step's settings. */
export interface StepSettings {
  /** Rate of each layer group. */
  readonly lr: readonly number[];
  /** Of all layer groups, or of each. */
  readonly weightDecay: number | readonly number[];
  /** β₁ of AdamW, momentum of SGD. */
  readonly momentum: number;
  /** Bounds the norm of all gradients together, or each value. Default: none. */
  readonly clip?: GradientClip | undefined;
  /** Which of how many batches this is that make one step, from 0; parameters change with the last. Default: one of one. */
  readonly accumulate?: BatchOfStep | undefined;
}

export interface BatchOfStep {
  readonly index: number;
  readonly of: number;
}

export function scalar(x: number): TensorData {
  return float32([], [x]);
}

export function pictureTensor(pictures: Uint8Array, n: number, size: number): TensorData {
  return { dtype: 'uint8', dims: [n, 3, size, size], data: pictures };
}

/** The scalars that a step with these settings reads. */
export function settingFeeds(step: Step, settings: StepSettings): Record<string, TensorData> {
  const { lr, weightDecay: wd, clip, accumulate } = settings;
  const feeds: Record<string, TensorData> = {
    share: scalar(1 / (accumulate?.of ?? 1)),
    clip: scalar(clip === undefined ? 0 : 'norm' in clip ? clip.norm : clip.value),
  };
  for (const group of step.rates) {
    feeds[`lr/g${group}`] = scalar(lr[group] ?? 0);
    feeds[`wd/g${group}`] = scalar(typeof wd === 'number' ? wd : (wd[group] ?? 0));
  }
  return feeds;
}

/** Pictures or features of n pictures. */
export function inputFeeds(input: StepInput, n: number, features: readonly number[]): Record<string, TensorData> {
  if ('features' in input) return { features: float32([n, ...features], input.features) };
  return { pictures: pictureTensor(input.pictures, n, input.size) };
}

/** Targets [n, classes]; every picture weighs the same. */
export function targetFeeds(targets: Float32Array, n: number, classes: number): Record<string, TensorData> {
  return { targets: float32([n, classes], targets), weights: float32([n], new Float32Array(n).fill(1)) };
}

/** Dropout masks, drawn from the stream that the numbers name. */
export function maskFeeds(step: Step, seed: number, t: number, ...draw: readonly number[]): Record<string, TensorData> {
  return Object.fromEntries(
    step.masks.map(({ input, p, dims }, i) => {
      const rng = new Rng(seed, Stream.dropout, t, i, ...draw);
      return [input, float32(dims, dropoutMask(p, sizeOf(dims), rng))] as const;
    }),
  );
}

function dropoutMask(p: number, n: number, rng: Rng): Float32Array {
  const kept = 1 / (1 - p);
  const threshold = p * 4294967296;
  const mask = new Float32Array(n);
  for (let i = 0; i < n; i++) mask[i] = rng.uint32() < threshold ? 0 : kept;
  return mask;
}
