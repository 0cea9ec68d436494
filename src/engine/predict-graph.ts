import { GraphBuilder } from '../graph/builder.js';
import { float32, type Graph, type ValueInfo } from '../graph/types.js';
import { Forward, type ForwardSource, statisticNames } from '../nn/forward.js';
import type { OnePicture } from './feature-gradients.js';
import { featuresOf, type Network, normalised, outputsOf } from './network.js';

/** Values of all parameters and running statistics, by the names of weight files. */
export type NamedValues = ReadonlyMap<string, Float32Array>;

/** A source for inference: everything is a constant, so that ONNX Runtime can fold and lay it out as it likes. */
function constantSource(b: GraphBuilder, values: NamedValues): ForwardSource {
  const constant = (name: string, dims: readonly number[]) => {
    const data = values.get(name);
    if (data === undefined) throw new Error(`the network has no values for ${name}`);
    b.declareInitializer(name, float32(dims, data));
    return name;
  };
  return {
    parameter: (spec) => constant(spec.name, spec.dims),
    statistics: (norm) => {
      const { mean, variance } = statisticNames(norm);
      return { mean: constant(mean, [norm.channels]), variance: constant(variance, [norm.channels]) };
    },
    usesBatchStatistics: () => false,
    dropoutMask: () => undefined,
  };
}

/** The batch dimension is free in a graph for inference: nothing in it depends on the batch. */
function withFreeBatch(graph: Graph): Graph {
  const free = (info: ValueInfo): ValueInfo => ({ ...info, dims: ['batch', ...(info.dims ?? []).slice(1)] });
  return { ...graph, inputs: graph.inputs.map(free), outputs: graph.outputs.map(free) };
}

/**
 * `pictures` [batch, 3, size, size] (uint8, or float32 where they are normalised already) to `outputs`
 * [batch, classes] (logits, or a regression's values), or to `features` where `part` says so.
 */
export function buildPredictGraph(
  net: Network,
  values: NamedValues,
  size: number,
  part: 'all' | 'features',
  input: 'pictures' | 'normalised' = 'pictures',
): Graph {
  const b = new GraphBuilder(part === 'all' ? 'predict' : 'features');
  const f = new Forward(b, constantSource(b, values));
  const dims = [1, 3, size, size];
  const pictures =
    input === 'pictures'
      ? normalised(b, net, b.input('pictures', 'uint8', dims), 255)
      : b.input('pictures', 'float32', dims);
  const features = featuresOf(f, net, pictures);
  if (part === 'features') b.output(features, 'features');
  else b.output(outputsOf(f, net, features), 'outputs');
  return withFreeBatch(b.finish());
}

/** One picture, `pictures` uint8 [1, 3, size, size], up to the outputs [1, classes]: to be gone on from. */
export function buildOnePicture(net: Network, values: NamedValues, size: number): OnePicture {
  const b = new GraphBuilder('gradients');
  const f = new Forward(b, constantSource(b, values));
  const pictures = normalised(b, net, b.input('pictures', 'uint8', [1, 3, size, size]), 255);
  return { b, outputs: outputsOf(f, net, featuresOf(f, net, pictures)) };
}

/** `features` to `outputs`. */
export function buildHeadGraph(net: Network, values: NamedValues, features: readonly number[]): Graph {
  const b = new GraphBuilder('head');
  const f = new Forward(b, constantSource(b, values));
  b.output(outputsOf(f, net, b.input('features', 'float32', [1, ...features])), 'outputs');
  return withFreeBatch(b.finish());
}

/**
 * The graph of an exported model: float32 `image` [batch, 3, size, size], RGB with values in 0…1, to `probabilities` and
 * `logits` [batch, classes], or to a regression's `values`. Normalisation is inside.
 *
 * @param temperature what logits are divided by
 */
export function buildExportGraph(net: Network, values: NamedValues, size: number, temperature = 1): Graph {
  const b = new GraphBuilder('onecycle');
  const f = new Forward(b, constantSource(b, values));
  const raw = outputsOf(
    f,
    net,
    featuresOf(f, net, normalised(b, net, b.input('image', 'float32', [1, 3, size, size]), 1)),
  );
  const outputs = temperature === 1 ? raw : b.op('Div', [raw, b.scalar(temperature)]);
  switch (net.task ?? 'single-label') {
    case 'single-label':
      b.output(b.op('Softmax', [outputs], { axis: 1 }), 'probabilities');
      break;
    case 'multi-label':
      b.output(b.op('Sigmoid', [outputs]), 'probabilities');
      break;
    case 'regression':
      b.output(outputs, 'values');
      return withFreeBatch(b.finish());
  }
  b.output(outputs, 'logits');
  return withFreeBatch(b.finish());
}
