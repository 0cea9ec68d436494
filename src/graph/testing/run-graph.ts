import * as ort from 'onnxruntime-node';
import { modelOf, OPSET } from '../model.js';
import { writeModel } from '../onnx.js';
import type { Graph, TensorData, Value } from '../types.js';

type Outputs = Record<
  Value,
  { dims: readonly number[]; data: Float32Array | BigInt64Array | Uint8Array | Float64Array }
>;
type Feeds = Readonly<Record<Value, TensorData>>;

/** A graph loaded into ONNX Runtime, for tests. */
export interface Loaded {
  run(feeds: Feeds): Promise<Outputs>;
  release(): Promise<void>;
}

export async function load(graph: Graph, opset: number = OPSET): Promise<Loaded> {
  const model = modelOf(graph);
  const session = await ort.InferenceSession.create(writeModel({ ...model, opsets: { ...model.opsets, '': opset } }), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  return {
    async run(feeds) {
      const tensors = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)] as const);
      const results = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: numeric(data) }]),
      );
    },
    release: () => session.release(),
  };
}

/** Loads, runs once, and releases. */
export async function runGraph(graph: Graph, feeds: Feeds = {}, opset?: number): Promise<Outputs> {
  const loaded = await load(graph, opset);
  try {
    return await loaded.run(feeds);
  } finally {
    await loaded.release();
  }
}

function toOrt(tensor: TensorData): ort.Tensor {
  if (tensor.dtype === 'bfloat16' || tensor.dtype === 'string') throw new Error(`no ${tensor.dtype} in these tests`);
  return new ort.Tensor(tensor.dtype, tensor.data, tensor.dims);
}

function numeric(data: ort.Tensor['data']): Outputs[string]['data'] {
  if (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof BigInt64Array ||
    data instanceof Uint8Array
  ) {
    return data;
  }
  throw new Error('an element type that these tests do not read');
}
