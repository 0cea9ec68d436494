import { UserError } from '../../core/errors.js';
import { intsOf } from '../../graph/attributes.js';
import { cutPoints as pointsOf } from '../../graph/cut-points.js';
import type { BatchFree } from '../../graph/free-batch.js';
import { producersOf, type Readers, readersOf } from '../../graph/readers.js';
import { type Graph, type Node, numbersOf, type Value } from '../../graph/types.js';

/** Where a network ends and its classifier begins. */
export interface Cut {
  /** What a head reads. */
  readonly features: Value;
  /** How it lies: planes, planes with channels last, one vector a picture, or a list of tokens [N, T, C]. */
  readonly form: 'planes' | 'channels-last' | 'vector' | 'tokens';
  /** The scores before softmax. */
  readonly logits: Value;
  /** Number of the original classes; undefined for a network without a classifier. */
  readonly classes: number | undefined;
  /** The last layer's node; undefined for a network without a classifier. */
  readonly classifier: string | undefined;
}

/**
 * Finds where to cut a classifier's head off, as fastai cuts: at the last feature map before it is pooled; in a network of tokens
 * at the vector that the first layer of the head reads.
 *
 * A value can be cut at if everything behind it depends on the pictures through it alone.
 *
 * @param known the values that the file itself names
 */
export function findCut(net: BatchFree, output: Value, known: ReadonlySet<Value>): Cut {
  const graph = net.b.finish();
  const readers = readersOf(graph);
  const points = cutPoints(net, graph).filter((value) => known.has(value));
  const dimsOf = (value: Value) => net.b.dims(value).filter((_, i) => i !== net.batchAxis(value));
  const isVector = (value: Value) => dimsOf(value).filter((d) => d > 1).length <= 1;
  const byOutput = producersOf(graph);

  const { logits, classifier } = lastLayer(byOutput, output, net);
  // Of a network without a classifier the output itself may be what a head reads.
  const end = classifier === undefined || !points.includes(logits) ? points.length : points.indexOf(logits);
  const place = points.slice(0, end).findLastIndex((value) => {
    if (net.b.dims(value).length < 3 || net.batchAxis(value) !== 0) return false;
    return !isVector(value) || poolOf(readers, graph, value) !== undefined;
  });
  const features = points[place];
  if (features === undefined) {
    throw new UserError(
      'no feature map or list of tokens was found before its output; name the value to cut at by the option features',
    );
  }
  const common = { logits, classifier: classifier?.name, classes: classesOf(net, features, logits) };
  const form = formOf(net, graph, readers, features);
  if (form !== 'tokens') return { ...common, features, form };
  // Tokens: the pooled vector, up to the first layer that is the head's own.
  const made = (value: Value) => graph.nodes.findIndex((node) => node.outputs.includes(value));
  const own = graph.nodes.findIndex((node, i) => i > made(features) && isHeads(net, node));
  const pooled = points.slice(place + 1, end).findLast((value) => isVector(value) && (own < 0 || made(value) < own));
  return pooled === undefined ? { ...common, features, form } : { ...common, features: pooled, form: 'vector' };
}

/** The number of scores; undefined where the features are all that the network gives. */
function classesOf(net: BatchFree, features: Value, logits: Value): number | undefined {
  const dims = net.b.dims(logits).slice(1);
  const isScores = features !== logits && net.batchAxis(logits) === 0 && dims.filter((d) => d > 1).length <= 1;
  return isScores ? dims.reduce((n, d) => n * d, 1) : undefined;
}

/** How a value that was named to be cut at lies. */
export function cutAt(net: BatchFree, output: Value, features: Value): Cut {
  const graph = net.b.finish();
  const byOutput = producersOf(graph);
  if (!net.b.hasValue(features) || net.batchAxis(features) !== 0) {
    throw new UserError(`there is no value "${features}" that depends on the pictures`);
  }
  const { logits, classifier } = lastLayer(byOutput, output, net);
  const dims = net.b.dims(features).slice(1);
  const vector = dims.filter((d) => d > 1).length <= 1;
  const form = vector ? 'vector' : formOf(net, graph, readersOf(graph), features);
  return { features, form, logits, classifier: classifier?.name, classes: classesOf(net, features, logits) };
}

/** The values, in order, through which alone everything behind them depends on the pictures. */
export function cutPoints(net: BatchFree, graph: Graph): Value[] {
  return pointsOf(graph, (value) => net.batchAxis(value) !== undefined);
}

/** What may stand behind the last layer. */
const BEHIND: ReadonlySet<string> = new Set([
  ...['Softmax', 'LogSoftmax', 'Sigmoid', 'Identity', 'Cast', 'Reshape', 'Flatten', 'Squeeze', 'Transpose', 'Clip'],
  ...['Add', 'Sub', 'Mul', 'Div'],
]);
const PROBABILITIES: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Sigmoid']);

/** The layer that gives the scores, and the scores without softmax. */
function lastLayer(
  byOutput: ReadonlyMap<Value, Node>,
  output: Value,
  net: BatchFree,
): { logits: Value; classifier: Node | undefined } {
  let logits = output;
  for (let value = output; ; ) {
    const node = byOutput.get(value);
    if (node === undefined) return { logits, classifier: undefined };
    if (isLinear(net, node)) return { logits, classifier: node };
    if (!BEHIND.has(node.op)) return { logits, classifier: undefined };
    const inputs = node.inputs.filter((x) => x !== '' && net.batchAxis(x) !== undefined);
    const [x] = inputs;
    if (inputs.length !== 1 || x === undefined) return { logits, classifier: undefined };
    if (PROBABILITIES.has(node.op)) logits = x;
    value = x;
  }
}

/** A product with weights that sees each place alone: Gemm, MatMul, or a 1×1 convolution. */
function isLinear(net: BatchFree, node: Node): boolean {
  const [x = '', weights = ''] = node.inputs;
  if (node.domain !== '' || weights === '') return false;
  const [left, right] = [net.batchAxis(x), net.batchAxis(weights)];
  if ((left === undefined) === (right === undefined)) return false;
  if (node.op === 'Conv')
    return net.b
      .dims(weights)
      .slice(2)
      .every((d) => d === 1);
  return node.op === 'Gemm' || node.op === 'MatMul';
}

/** Whether a node is a layer of a head. */
function isHeads(net: BatchFree, node: Node): boolean {
  return isLinear(net, node) || node.op === 'BatchNormalization';
}

/** The axes over which a value is pooled next, if it is. */
function poolOf(readers: Readers, graph: Graph, value: Value): readonly number[] | undefined {
  for (const node of readers.get(value) ?? []) {
    if (node?.domain !== '') continue;
    if (node.op === 'GlobalAveragePool' || node.op === 'GlobalMaxPool') return [2, 3];
    if (node.op !== 'ReduceMean' && node.op !== 'ReduceMax') continue;
    const given = graph.initializers.get(node.inputs[1] ?? '');
    const axes = intsOf(node, 'axes') ?? (given === undefined ? [] : numbersOf(given));
    if (axes.length === 2) return axes;
  }
  return undefined;
}

function formOf(net: BatchFree, graph: Graph, readers: Readers, value: Value): 'planes' | 'channels-last' | 'tokens' {
  const dims = net.b.dims(value);
  if (dims.length === 3) return 'tokens';
  if (dims.length !== 4) {
    throw new UserError(
      `the features "${value}" have the shape [N, ${dims.slice(1).join(', ')}]; name others to cut at`,
    );
  }
  const axes = poolOf(readers, graph, value)?.map((a) => (a < 0 ? a + 4 : a));
  if (axes !== undefined) return axes.includes(1) ? 'channels-last' : 'planes';
  const [, first, second, third] = dims;
  return first === second && second !== third ? 'channels-last' : 'planes';
}
