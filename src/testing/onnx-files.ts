import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { GraphBuilder } from '../graph/builder.js';
import { gradients } from '../graph/grad/backward.js';
import { lowerPlain } from '../graph/lower/index.js';
import { runGraph } from '../graph/testing/run-graph.js';
import { float32, type Graph } from '../graph/types.js';
import type { Architecture } from '../nn/architecture.js';
import { Forward, statisticNames } from '../nn/forward.js';

const Reference = z.object({
  size: z.number(),
  logits: z.array(z.array(z.number())),
  loss: z.number(),
  grads: z.record(z.string(), z.object({ l2: z.number(), head: z.array(z.number()) })),
});
export type Reference = z.infer<typeof Reference>;

/** The path of one of the small models that other frameworks have exported (testdata/onnx). */
export function modelFile(name: string): string {
  return fileURLToPath(new URL(`../../testdata/onnx/${name}.onnx`, import.meta.url));
}

/** What its framework says of it. */
export function readReference(name: string): Reference {
  return Reference.parse(JSON.parse(readFileSync(modelFile(name).replace(/onnx$/, 'json'), 'utf8')));
}

/** Logits, loss (mean cross-entropy, labels 0, 1, …) and gradients of an imported network under its own classifier. */
export async function lossAndGradients(arch: Architecture, pictures: Float32Array, n: number, size: number) {
  const b = new GraphBuilder('imported');
  const names: string[] = [];
  const imported = arch.imported ?? assert.fail('not an imported network');
  const constant = (name: string) => {
    b.declareInitializer(name, imported.tensors.get(name) ?? assert.fail(`no tensor ${name}`));
    return name;
  };
  const f = new Forward(b, {
    parameter: (spec) => {
      names.push(spec.name);
      return constant(spec.name);
    },
    statistics: (norm) => {
      const { mean, variance } = statisticNames(norm);
      return { mean: constant(mean), variance: constant(variance) };
    },
    usesBatchStatistics: () => false,
    foldsNorms: true,
    dropoutMask: () => undefined,
  });
  const x = b.input('pictures', 'float32', [n, 3, size, size]);
  const classes = imported.classes ?? assert.fail('it has no classifier');
  const logits = arch.classifier(f, arch.body(f, x), classes);
  const targets = new Float32Array(n * classes);
  for (let i = 0; i < n; i++) targets[i * classes + (i % classes)] = -1 / n;
  const picked = b.op('Mul', [b.op('LogSoftmax', [logits], { axis: 1 }), b.constant(float32([n, classes], targets))]);
  const loss = b.op('ReduceSum', [picked], { keepdims: 0 });
  const grads = gradients(b, loss, names);
  b.output(logits, 'logits');
  b.output(loss, 'loss');
  for (const [name, g] of grads) b.output(g, `grad/${name}`);
  const graph: Graph = lowerPlain(b.finish());
  const out = await runGraph(graph, { pictures: float32([n, 3, size, size], pictures) });
  const data = (name: string): Float32Array => {
    const found = out[name]?.data;
    return found instanceof Float32Array ? found : assert.fail(`no float32 ${name}`);
  };
  return {
    names,
    logits: data('logits'),
    loss: data('loss')[0] ?? Number.NaN,
    gradient: (name: string) => data(`grad/${name}`),
  };
}
