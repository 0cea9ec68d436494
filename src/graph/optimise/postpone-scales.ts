import { gradWindow } from '../grad-window.js';
import { isOwn } from '../ops.js';
import { plainNode } from '../plain-node.js';
import { type Readers, readersOf } from '../readers.js';
import { windowOf } from '../shapes/window.js';
import { int64, type Node, sizeOf, type TensorData, type Value } from '../types.js';
import type { EarlyPass } from './pass.js';

/**
 * The gradient of a batch norm is γ/σ times something, channel by channel. Where only gradients of a convolution read it, they are linear in
 * it: the factor is left to them, who have weights to multiply by it instead of pictures. It saves one sweep that reads and
 * writes; it is done where the weights are less than half as many as the pictures' values.
 */
export const postponeScales: EarlyPass = {
  name: 'postpone-scales',
  run(graph) {
    const readers = readersOf(graph);
    const initializers = new Map<Value, TensorData>(graph.initializers);
    /** γ/σ as [C, 1, 1, 1] by the gradients that lack it. */
    const columns = new Map<Value, Value>();
    const nodes = graph.nodes.flatMap((node): Node[] => {
      const [output = ''] = node.outputs;
      if (isOwn(node, 'BatchNormGrad') && pays(output, readers)) {
        const column = `${output}:scale`;
        columns.set(output, column);
        initializers.set(COLUMN, int64([4], [-1, 1, 1, 1]));
        const [, , gamma = '', , inverse = ''] = node.inputs;
        return [
          { ...node, attributes: { ...node.attributes, unscaled: { kind: 'int', value: 1 } } },
          plainNode('Mul', [gamma, inverse], `${column}:flat`),
          plainNode('Reshape', [`${column}:flat`, COLUMN], column),
        ];
      }
      const column = columns.get(node.inputs[0] ?? '');
      if (column === undefined) return [node];
      if (node.op === 'ConvWeightGrad') {
        const unscaled = `${output}:unscaled`;
        return [{ ...node, outputs: [unscaled] }, plainNode('Mul', [unscaled, column], output)];
      }
      const [dy = '', w = '', ...after] = node.inputs;
      const scaled = `${node.name}:weights`;
      return [plainNode('Mul', [w, column], scaled), { ...node, inputs: [dy, scaled, ...after] }];
    });
    return { ...graph, nodes, initializers };
  },
};

const COLUMN = 'postpone-scales:column';

/** Whether only the gradients of one convolution over two axes read a gradient, and it has few weights for its places. */
function pays(dx: Value, readers: Readers): boolean {
  const all = readers.get(dx) ?? [];
  const weightGrad = all.find((n) => isOwn(n, 'ConvWeightGrad'));
  const inputGrad = all.find((n) => isOwn(n, 'ConvInputGrad'));
  if (weightGrad === undefined || all.some((n) => n !== weightGrad && n !== inputGrad)) return false;
  if (all.some((n) => n?.inputs.indexOf(dx, 1) !== -1)) return false;
  const weights = gradWindow(weightGrad).shape;
  if (weights.length !== 4) return false;
  // The first convolution has no input gradient, and few weights.
  return inputGrad === undefined || 2 * sizeOf(weights) < (weights[0] ?? 1) * placesOf(inputGrad);
}

/** Pictures' places that a convolution gave. */
function placesOf(inputGrad: Node): number {
  const [n = 1, , ...input] = gradWindow(inputGrad).shape;
  return n * sizeOf(windowOf(inputGrad, input).output);
}
