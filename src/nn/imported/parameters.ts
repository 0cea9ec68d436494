import { floatOf } from '../../graph/attributes.js';
import { OWN_DOMAIN, opKey } from '../../graph/ops.js';
import { type Graph, type Node, numbersOf, sizeOf, type TensorData, type Value } from '../../graph/types.js';
import type { Initialiser, NormSpec, ParameterKind, ParameterSpec } from '../forward-source.js';
import { statisticNames } from '../forward-source.js';
import { computedFromInputs } from './weight-norms.js';

/** A batch norm of the file, with its statistics fixed. */
export interface ImportedNorm {
  readonly spec: NormSpec;
  readonly epsilon: number;
}

/** What of a graph's constants is trained, and under which name. */
export interface Parameters {
  /** By the value that holds it in the graph. */
  readonly specs: ReadonlyMap<Value, ParameterSpec>;
  /** Batch norms by the name of their node. */
  readonly norms: ReadonlyMap<string, ImportedNorm>;
  /** Values of parameters and running statistics by the network's names. */
  readonly tensors: ReadonlyMap<string, TensorData>;
}

/** Inputs by operator that are settings, not values that the network works on. */
const SETTINGS: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Pad: [1, 2],
  Resize: [1, 2, 3],
  Dropout: [1, 2],
  OneHot: [1, 2],
  Pow: [1],
  Range: [0, 1, 2],
  CumSum: [1],
};

/** Names that the head behind the body has. */
const HEAD = 'head.';

/**
 * Finds the parameters among a graph's constants: weights and biases of convolutions and matrix products, scales and shifts of
 * norms, and every other array of floats that the network computes with, such as embeddings of positions. Single numbers are
 * settings, and so are masks, whose values are 0 and something that softmax makes 0 of.
 *
 * @param stored the file's own constants, whose names they keep
 * @param fixed names of nodes whose constants are no parameters: those that normalise pictures
 * @param computed constants that are no parameters: those of the computation
 * @param others tensors of the rest of the network, whose names are theirs
 */
export function findParameters(
  graph: Graph,
  fixed: ReadonlySet<string>,
  computed: ReadonlySet<Value>,
  stored: Graph['initializers'],
  others: Parameters['tensors'] = new Map(),
): Parameters {
  const finder = new Finder(graph, computed, stored, others);
  for (const node of graph.nodes) if (!fixed.has(node.name)) finder.visit(node);
  return finder;
}

class Finder implements Parameters {
  readonly specs = new Map<Value, ParameterSpec>();
  readonly norms = new Map<string, ImportedNorm>();
  readonly tensors = new Map<string, TensorData>();
  readonly #byArray = new Map<TensorData['data'], string>();
  /** What was divided by a deviation, so that a scale and a shift behind it are a norm's. */
  readonly #divided = new Set<Value>();
  readonly #reshaped = new Set<Value>();

  readonly #stored: ReadonlyMap<TensorData['data'], string>;
  readonly #ofPictures: ReadonlySet<Value>;

  constructor(
    private readonly graph: Graph,
    private readonly computed: ReadonlySet<Value>,
    stored: Graph['initializers'],
    private readonly others: Parameters['tensors'],
  ) {
    this.#stored = new Map([...stored].map(([name, { data }]) => [data, name]));
    this.#ofPictures = computedFromInputs(graph);
  }

  visit(node: Node): void {
    const [first = '', second = '', third = ''] = node.inputs;
    if (this.#standardisesGroups(node)) {
      for (const y of node.outputs) this.#divided.add(y);
      return;
    }
    if (isNorm(node) && !this.#ofPictures.has(first)) {
      this.#weightNorm(node);
      return;
    }
    switch (node.domain === '' ? node.op : '') {
      case 'Conv':
      case 'ConvTranspose':
        this.#layer(second, third, 'weight', 'kaiming-normal');
        break;
      case 'Gemm':
        this.#layer(second, third, 'weight', 'kaiming-uniform');
        break;
      case 'LayerNormalization':
      case 'InstanceNormalization':
        this.#layer(second, third, 'norm', 'ones');
        break;
      case 'BatchNormalization':
        this.#batchNorm(node);
        break;
      case 'Div':
        for (const y of node.outputs) this.#divided.add(y);
        break;
      case 'Reshape':
        for (const y of node.outputs) {
          this.#reshaped.add(y);
          if (this.#divided.has(first)) this.#divided.add(y);
        }
        break;
      default:
    }
    node.inputs.forEach((x, i) => {
      if (SETTINGS[node.op]?.includes(i) || this.norms.has(node.name)) return;
      this.#other(node, x);
    });
  }

  /** A weight, and the bias that goes with it under the weight's name. */
  #layer(weight: Value, bias: Value, kind: 'weight' | 'norm', init: Initialiser): void {
    const tensor = this.#floats(weight);
    if (tensor !== undefined) this.#add(weight, `${stem(this.#named(weight))}.weight`, kind, init);
    const shift = this.#floats(bias);
    if (shift === undefined) return;
    const layer = this.specs.get(weight)?.name.replace(/\.weight$/, '') ?? stem(this.#named(bias));
    this.#add(bias, `${layer}.bias`, kind === 'norm' ? 'norm' : 'bias', 'zeros');
  }

  /**
   * Group norms are exported as an instance norm over groups of channels that lie side by side, whose scale of ones and shift
   * of zeros nobody trains; their own stand behind it.
   */
  #standardisesGroups(node: Node): boolean {
    if (node.op !== 'InstanceNormalization' || node.domain !== '') return false;
    const [x = '', scale = '', shift = ''] = node.inputs;
    const [ones, zeros] = [this.#constant(scale), this.#constant(shift)];
    if (!this.#reshaped.has(x) || ones === undefined || zeros === undefined) return false;
    return numbersOf(ones).every((v) => v === 1) && numbersOf(zeros).every((v) => v === 0);
  }

  /** A norm over weights: its ones, zeros and statistics are how it is written; only a scale of its own is trained. */
  #weightNorm(node: Node): void {
    const [x = '', scale = '', shift = ''] = node.inputs;
    this.#other(node, x);
    for (const [value, none] of [
      [scale, 1],
      [shift, 0],
    ] as const) {
      const tensor = this.#floats(value);
      if (tensor !== undefined && numbersOf(tensor).some((v) => v !== none)) {
        this.#add(value, this.#named(value), 'norm', none === 1 ? 'ones' : 'zeros');
      }
    }
  }

  #batchNorm(node: Node): void {
    const [, scale = '', shift = '', mean = '', variance = ''] = node.inputs;
    // Without scale and shift of its own, a norm is exported with computed ones and zeros: it gets its own here.
    const tensors = [scale, shift, mean, variance].map((value) => this.#constant(value));
    const [gamma, beta, mu, sigma] = tensors;
    if (gamma === undefined || beta === undefined || mu === undefined || sigma === undefined) return;
    const names = ['weight', 'bias', 'running_mean', 'running_var'];
    const layer = this.#free(stem(this.#named(scale)), (name) =>
      names.some((part, i) => this.#isTaken(`${name}.${part}`, tensors[i])),
    );
    const channels = gamma.dims[0] ?? 1;
    const spec: NormSpec = { name: layer, channels, momentum: 1 - floatOf(node, 'momentum', 0.9) };
    this.norms.set(node.name, { spec, epsilon: floatOf(node, 'epsilon', 1e-5) });
    this.tensors.set(`${layer}.weight`, gamma);
    this.tensors.set(`${layer}.bias`, beta);
    const statistics = statisticNames(spec);
    this.tensors.set(statistics.mean, mu);
    this.tensors.set(statistics.variance, sigma);
  }

  /** Any other array of floats. */
  #other(node: Node, value: Value): void {
    const tensor = this.#floats(value);
    if (tensor === undefined || this.specs.has(value) || sizeOf(tensor.dims) < 2 || isMask(tensor)) return;
    const wide = tensor.dims.filter((d) => d > 1).length > 1;
    const scales = node.op === 'Mul' || node.op === 'Div';
    if (node.op === 'MatMul' || node.op === 'Gemm') this.#add(value, this.#named(value), 'weight', 'kaiming-uniform');
    else if (scales && !wide) {
      const standardised = node.inputs.some((x) => this.#divided.has(x));
      for (const y of node.outputs) if (standardised) this.#divided.add(y);
      this.#add(value, this.#named(value), standardised ? 'norm' : 'bias', 'ones');
    } else {
      const shifts = node.op === 'Add' && !wide && node.inputs.some((x) => this.#divided.has(x));
      const kind: ParameterKind = shifts ? 'norm' : MOVES.has(opKey(node)) && wide ? 'weight' : 'bias';
      this.#add(value, this.#named(value), kind, wide ? 'truncated-normal' : 'zeros');
    }
  }

  #add(value: Value, wanted: string, kind: ParameterKind, init: Initialiser): void {
    const tensor = this.#floats(value);
    if (tensor === undefined || this.specs.has(value)) return;
    const shared = this.#byArray.get(tensor.data);
    if (shared !== undefined && this.tensors.get(shared)?.dims.join() === tensor.dims.join()) {
      this.specs.set(value, { name: shared, dims: tensor.dims, kind, init });
      return;
    }
    const name = this.#free(wanted, (candidate) => this.#isTaken(candidate, tensor));
    this.#byArray.set(tensor.data, name);
    this.tensors.set(name, tensor);
    this.specs.set(value, { name, dims: tensor.dims, kind, init });
  }

  /** The name under which the file holds a value, or its own. */
  #named(value: Value): string {
    const data = this.graph.initializers.get(value)?.data;
    const name = (data && this.#stored.get(data)) ?? value;
    return name.startsWith(HEAD) ? `body.${name}` : name;
  }

  /** A constant that may be trained. */
  #floats(value: Value): TensorData | undefined {
    return this.computed.has(value) ? undefined : this.#constant(value);
  }

  #constant(value: Value): TensorData | undefined {
    const tensor = this.graph.initializers.get(value);
    return tensor?.dtype === 'float32' && tensor.data.length > 0 ? tensor : undefined;
  }

  #isTaken(name: string, tensor: TensorData | undefined): boolean {
    const other = this.others.get(name);
    return this.tensors.has(name) || (other !== undefined && other.data !== tensor?.data);
  }

  #free(name: string, taken: (name: string) => boolean): string {
    for (let i = 1; ; i++) {
      const candidate = i === 1 ? name : `${name}_${i}`;
      if (!taken(candidate)) return candidate;
    }
  }
}

/** A parameter's name as a layer's: without the last part that says which of its parameters it is. */
function stem(name: string): string {
  return name.replace(/\.(weight|gamma|kernel|bias)$/, '');
}

const NORMS: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'LayerNormalization',
  'InstanceNormalization',
  `${OWN_DOMAIN}:BatchNormTrain`,
]);

function isNorm(node: Node): boolean {
  return NORMS.has(opKey(node));
}

/** Operators that move, change the form of, or standardise what may be weights. */
// biome-ignore format: a table reads better
const MOVES: ReadonlySet<string> = new Set([
  'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Slice', 'Einsum', 'Sub',
  'ReduceMean', 'ReduceSum', 'ReduceL2', 'ReduceSumSquare', `${OWN_DOMAIN}:BatchNormTrain`,
]);

/** 0 where attention may look, and a large negative number elsewhere. */
function isMask(tensor: TensorData): boolean {
  if (tensor.dtype !== 'float32') return false;
  return tensor.data.every((v) => v === 0 || v <= -50) && tensor.data.some((v) => v < 0);
}
