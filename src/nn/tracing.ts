import type { GraphBuilder } from '../graph/builder.js';
import { type ForwardSource, type NormSpec, type ParameterSpec, statisticNames } from './forward.js';

/**
 * A source that lists what a network asks for, in the order of its layers: parameters and statistics become inputs of the graph.
 */
export function tracingSource(b: GraphBuilder, parameters: ParameterSpec[], norms: NormSpec[]): ForwardSource {
  return {
    parameter: (spec) => {
      parameters.push(spec);
      return b.input(spec.name, 'float32', spec.dims);
    },
    statistics: (norm) => {
      norms.push(norm);
      const { mean, variance } = statisticNames(norm);
      return {
        mean: b.input(mean, 'float32', [norm.channels]),
        variance: b.input(variance, 'float32', [norm.channels]),
      };
    },
    usesBatchStatistics: () => false,
    dropoutMask: () => undefined,
  };
}
