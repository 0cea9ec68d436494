import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { sizeOf } from '../graph/types.js';

const Tensor = z.object({ l2: z.number(), head: z.array(z.number()) });

const Golden = z.object({
  model: z.string(),
  input: z.object({ shape: z.array(z.number()), seed: z.number() }),
  labels: z.array(z.number()),
  eval_logits: z.array(z.array(z.number())),
  train_loss: z.number(),
  grads: z.record(z.string(), Tensor),
  running_stats_after_one_step: z.record(z.string(), z.object({ l2: z.number() })),
  params_after_adamw_step: z.record(z.string(), Tensor),
});
export type Golden = z.infer<typeof Golden>;

/** PyTorch's values of one evaluation and one training step, made by testdata/golden/make_golden.py. */
export function readGolden(name: string): Golden {
  const url = new URL(`../../testdata/golden/${name}.json`, import.meta.url);
  return Golden.parse(JSON.parse(readFileSync(url, 'utf8')));
}

/** The integer hash that the golden values are made from: n values in [−1, 1). */
export function uniform(seed: number, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    let h = (Math.imul(j, 2654435761) + Math.imul(seed, 40503) + 1) >>> 0;
    h = (h ^ (h >>> 16)) >>> 0;
    h = Math.imul(h, 2246822519) >>> 0;
    h = (h ^ (h >>> 13)) >>> 0;
    out[j] = h / 2 ** 31 - 1;
  }
  return out;
}

/** Fills a network's tensors as make_golden.py does: tensor i of the state dict uses seed i. */
export function fillValues(
  names: readonly string[],
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  names.forEach((name, i) => {
    const dims = shapes.get(name) ?? [];
    const u = uniform(i, sizeOf(dims));
    values.set(name, Float32Array.from(u, fillRule(name, dims)));
  });
  return values;
}

function fillRule(name: string, dims: readonly number[]): (u: number) => number {
  if (dims.length > 1) return (u) => u * Math.sqrt(3) * Math.sqrt(2 / sizeOf(dims.slice(1)));
  if (name.endsWith('running_var')) return (u) => 1 + 0.5 * u;
  return name.endsWith('.weight') ? (u) => 1 + 0.1 * u : (u) => 0.1 * u;
}

export function l2(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
}
