import { writeModel } from '../../graph/onnx.js';
import { plainNode } from '../../graph/plain-node.js';
import { int64, type Model, type Node, type Value, type ValueInfo } from '../../graph/types.js';
import type { Device } from '../../runtime/device.js';
import type { Observed } from './scales.js';

/** Elements that are looked at of each value in each batch, about. */
const SAMPLES = 4096;

/** Pictures to calibrate with: RGB planes, uint8, [n, 3, size, size]. */
export interface CalibrationBatch {
  readonly images: Uint8Array;
  readonly n: number;
}

/**
 * Runs a model on pictures, and tells what its inner values are: their bounds, and an even sample of their elements. Both are taken inside
 * the graph, so that little leaves the device.
 *
 * @param model its only input takes pictures as bytes, [n, 3, size, size]
 * @param size side of the pictures
 */
export async function observe(
  model: Model,
  values: ReadonlySet<Value>,
  batches: readonly CalibrationBatch[],
  size: number,
  device: Device,
): Promise<ReadonlyMap<Value, Observed>> {
  const names = [...values];
  const seen = names.map(() => ({
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    parts: [] as Float32Array[],
  }));
  const program = await device.load(writeModel(watching(model, names)));
  const input = model.graph.inputs[0]?.name ?? '';
  try {
    for (const { images, n } of batches) {
      const results = await device.run(program, {
        feeds: { [input]: { dtype: 'uint8', dims: [n, 3, size, size], data: images } },
        resident: {},
        keep: {},
        fetch: names.flatMap((_, i) => Object.values(outputsOf(i))),
      });
      seen.forEach((of, i) => {
        const { low, high, some } = outputsOf(i);
        of.min = Math.min(of.min, Number(results[low]?.data[0]));
        of.max = Math.max(of.max, Number(results[high]?.data[0]));
        const sample = results[some];
        if (sample?.dtype === 'float32') of.parts.push(sample.data);
      });
    }
  } finally {
    await device.unload(program);
  }
  return new Map(seen.map(({ min, max, parts }, i) => [names[i] ?? '', { min, max, samples: joined(parts) }]));
}

const outputsOf = (i: number) => ({ low: `observed:${i}:low`, high: `observed:${i}:high`, some: `observed:${i}:some` });

/** The model with what is told of the values as its outputs. */
function watching(model: Model, names: readonly Value[]): Model {
  const constants = {
    'observed:flat': int64([1], [-1]),
    'observed:start': int64([1], [0]),
    'observed:end': int64([1], [2 ** 62]),
    'observed:each': int64([], [2 * SAMPLES]),
    'observed:two': int64([], [2]),
    'observed:one': int64([], [1]),
  };
  const nodes = names.flatMap((value, i): Node[] => {
    const { low, high, some } = outputsOf(i);
    const at = (what: string) => `observed:${i}:${what}`;
    return [
      plainNode('ReduceMin', [value], low, { keepdims: 0 }),
      plainNode('ReduceMax', [value], high, { keepdims: 0 }),
      plainNode('Reshape', [value, 'observed:flat'], at('all')),
      // An odd step does not fall on the same places of rows and channels, whose lengths are even.
      plainNode('Size', [value], at('size')),
      plainNode('Div', [at('size'), 'observed:each'], at('half')),
      plainNode('Mul', [at('half'), 'observed:two'], at('even')),
      plainNode('Add', [at('even'), 'observed:one'], at('odd')),
      plainNode('Reshape', [at('odd'), 'observed:flat'], at('step')),
      plainNode('Slice', [at('all'), 'observed:start', 'observed:end', 'observed:start', at('step')], some),
    ];
  });
  const output = (name: string): ValueInfo => ({ name, dtype: 'float32', dims: undefined });
  return {
    ...model,
    graph: {
      ...model.graph,
      nodes: [...model.graph.nodes, ...nodes],
      outputs: names.flatMap((_, i) => Object.values(outputsOf(i)).map(output)),
      initializers: new Map([...model.graph.initializers, ...Object.entries(constants)]),
    },
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
